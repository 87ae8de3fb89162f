"""What things cost: services, price lists, packages, discounts, taxes, and the sums of a line."""
