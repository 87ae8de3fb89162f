"""Paying from elsewhere: links that a gateway makes, and what it says of them afterwards.

The interface is small (`interface.py`): make a link, verify that a message is the gateway's, read the message.
`http.py` is the one gateway there is; another is a module like it and a line in `which.py`.
"""
