"""What makes an issued invoice smaller without a payment: credit notes and write-offs."""
