"""Two clinics to walk through: Riverside, a busy one in Pune, and Lakeside, a small one in New York.

Everything is made by the rules that the pages call, at the moments at which it would have happened, and always the
same for the same day. A later run keeps what is there and only adds the days that have come since.
"""
