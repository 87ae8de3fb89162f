"""What is typed. Forms keep what was typed; whether it can be done is decided by the rules."""
