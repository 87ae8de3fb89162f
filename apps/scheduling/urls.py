from django.urls import URLPattern, URLResolver, path

from apps.scheduling.series_urls import urlpatterns as series
from apps.scheduling.setup_urls import urlpatterns as setup
from apps.scheduling.views import (
    appointments,
    attendance,
    check_in,
    day_sheet,
    feeds,
    fees,
    finding,
    flow_board,
    holds,
    leave,
    my_day,
    overrides,
    replay,
)
from apps.scheduling.waiting_room_urls import urlpatterns as waiting_room
from apps.scheduling.waitlist_urls import urlpatterns as waitlist

app_name = "scheduling"
urlpatterns: list[URLPattern | URLResolver] = [
    path("schedule/", day_sheet.day_sheet, name="day_sheet"),
    path("schedule/log/", replay.day_log, name="day_log"),
    path("schedule/changes/", day_sheet.changes, name="changes"),
    path("schedule/booking/", appointments.book, name="book"),
    path("schedule/booking/patients/", appointments.patient_choices, name="patient_choices"),
    path("schedule/booking/times/", appointments.free_times, name="free_times"),
    path("schedule/free-times/", finding.find_time, name="find_time"),
    path("calendar.ics", feeds.feed, name="feed"),
    path("my-calendar/", feeds.my_calendar, name="my_calendar"),
    path("my-calendar/<uuid:pk>/revocation/", feeds.revocation, name="calendar_revocation"),
    path("my-leave/", leave.my_leave, name="my_leave"),
    path("my-leave/<uuid:pk>/withdrawal/", leave.leave_withdrawal, name="leave_withdrawal"),
    path("flow/", flow_board.flow_board, name="flow_board"),
    path("schedule/booking/hold/", holds.hold, name="hold"),
    path("schedule/booking/release/", holds.release, name="release"),
    path("schedule/override-requests/", overrides.override_requests, name="override_requests"),
    path("schedule/override-requests/badge/", overrides.override_badge, name="override_badge"),
    path("schedule/override-requests/<uuid:pk>/approval/", overrides.override_approval, name="override_approval"),
    path("schedule/override-requests/<uuid:pk>/decline/", overrides.override_decline, name="override_decline"),
    path("schedule/override-requests/<uuid:pk>/withdrawal/", overrides.override_withdrawal, name="override_withdrawal"),
    path("my-day/", my_day.my_day, name="my_day"),
    path("appointments/<uuid:pk>/", appointments.appointment, name="appointment"),
    path("appointments/<uuid:pk>/confirmation/", appointments.confirmation, name="confirmation"),
    path("schedule/walk-in/", check_in.walk_in, name="walk_in"),
    path("appointments/<uuid:pk>/check-in/", check_in.check_in, name="check_in"),
    path("appointments/<uuid:pk>/token/", check_in.token, name="token"),
    path("appointments/<uuid:pk>/arrival/", attendance.arrival, name="arrival"),
    path("appointments/<uuid:pk>/start/", attendance.start, name="start"),
    path("appointments/<uuid:pk>/completion/", attendance.completion, name="completion"),
    path("appointments/<uuid:pk>/no-show/", attendance.no_show, name="no_show"),
    path("appointments/<uuid:pk>/cancellation/", appointments.cancellation, name="cancellation"),
    path("appointments/<uuid:pk>/waiver/", fees.waiver, name="waiver"),
    path("appointments/<uuid:pk>/undo/", attendance.undo, name="undo"),
    path("appointments/<uuid:pk>/move/", appointments.move, name="move"),
    *waiting_room,
    *setup,
    *series,
    *waitlist,
]
