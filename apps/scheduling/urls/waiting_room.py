"""Addresses of the waiting room, its public screens and their set-up."""

from django.urls import URLPattern, URLResolver, path

from apps.scheduling.views import screens, waiting_room

urlpatterns: list[URLPattern | URLResolver] = [
    path("my-day/queue/", waiting_room.my_queue, name="my_queue"),
    path("waiting-room/", waiting_room.waiting_room, name="waiting_room"),
    path("waiting-room/changes/", waiting_room.queue_changes, name="queue_changes"),
    path("waiting-room/providers/<uuid:provider_pk>/next-call/", waiting_room.next_call, name="next_call"),
    path("waiting-room/tickets/<uuid:pk>/", waiting_room.ticket, name="ticket"),
    path("waiting-room/tickets/<uuid:pk>/call/", waiting_room.call, name="call"),
    path("waiting-room/tickets/<uuid:pk>/skip/", waiting_room.skip, name="skip"),
    path("waiting-room/tickets/<uuid:pk>/return/", waiting_room.put_back, name="put_back"),
    path("waiting-room/tickets/<uuid:pk>/priority/", waiting_room.priority, name="priority"),
    path("waiting-room/tickets/<uuid:pk>/queue/", waiting_room.move_queue, name="move_queue"),
    path("waiting-room/screen/<str:secret>/", screens.screen, name="screen"),
    path("waiting-room/set-up/", screens.setup, name="waiting_room_setup"),
    path("waiting-room/set-up/reception/", screens.reception_settings, name="reception_settings"),
    path("waiting-room/set-up/screens/", screens.hang_up, name="hang_up"),
    path("waiting-room/set-up/screens/<uuid:pk>/removal/", screens.take_down, name="take_down"),
    path("waiting-room/set-up/letters/departments/<uuid:pk>/", screens.department_letters, name="department_letters"),
    path("waiting-room/set-up/letters/providers/<uuid:pk>/", screens.provider_letters, name="provider_letters"),
]
