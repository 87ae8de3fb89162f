"""What the clinic announces, inside the transaction.

* `site_closed`: patients are seen at a site no longer. Sender: Site; kwargs: site, by, at.
"""

from django.dispatch import Signal

site_closed = Signal()
