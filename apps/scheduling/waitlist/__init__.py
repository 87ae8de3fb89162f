"""The waitlist: who waits for what, and the offers that are made when a time becomes free.

Lock order: provider, then entry, then offer; a booking that follows comes last. What frees a time takes the provider's
lock before the appointment's (locking.locked_for_moving), so that the next in line can be found in the same breath.
"""
