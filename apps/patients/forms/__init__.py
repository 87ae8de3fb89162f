"""The forms of the register and of what is known of a patient. Each subject has a module of its own."""
