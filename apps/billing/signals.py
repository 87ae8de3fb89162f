"""What billing announces to the apps above it, inside the transaction."""

from django.dispatch import Signal

# kwargs: payment, by, at. Money came in and is in the books.
payment_received = Signal()
# kwargs: invoice, by, at. An invoice got its number and can no longer change.
invoice_issued = Signal()
