"""The cashier's day: tills at the desk, who answers for what lies in them, and that it adds up."""
