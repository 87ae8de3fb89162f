"""How the API hands out long lists."""

from rest_framework.pagination import CursorPagination, PageNumberPagination


class Pages(PageNumberPagination):
    """?page=2&page_size=50: for lists that somebody leafs through. At most 200 at a time."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class Cursor(CursorPagination):
    """?cursor=…: for lists that grow while they are read (journal, audit). At most 200 at a time."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"
