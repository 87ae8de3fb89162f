"""When providers see patients: hours, leave, closed days, blocked time, and the feed for their phones."""
