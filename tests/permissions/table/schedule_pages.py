"""The day sheet, booking, my day and the buttons of a visit."""

from tests.permissions.roles import only
from tests.permissions.table.scheduling import kwargs as appointment

SEES = {"anonymous": 302, "*": 200}

BOOKS = ("front_desk", "provider")
ATTENDS = ("front_desk", "provider", "nurse")
ROWS = {
    "scheduling:day_sheet": SEES,
    "scheduling:changes": {"anonymous": 302, "*": 204},
    "scheduling:appointment": SEES,
    "scheduling:find_time": SEES,
    "scheduling:export": only(302, 200),
    "POST scheduling:export": only(302, 400),
    "scheduling:my_day": only(302, 200, "provider"),
    "scheduling:book": only(302, 200, *BOOKS),
    "POST scheduling:book": only(302, 400, *BOOKS),
    "POST scheduling:patient_choices": only(302, 200, *BOOKS),
    "scheduling:free_times": only(302, 200, *BOOKS),
    "scheduling:move": only(302, 200, *BOOKS),
    "POST scheduling:move": only(302, 302, *BOOKS),  # nothing typed: it stays where it is
    "scheduling:cancellation": only(302, 200, *BOOKS),
    "POST scheduling:cancellation": only(302, 400, *BOOKS),
    "POST scheduling:confirmation": only(302, 409, *BOOKS),
    "POST scheduling:arrival": only(302, 302, *ATTENDS),
    "POST scheduling:no_show": only(302, 302, *ATTENDS),
    "POST scheduling:start": only(302, 302, "provider"),
    "POST scheduling:completion": only(302, 302, "provider"),
    # Ada made the last move: the others may take back their own only.
    "POST scheduling:undo": {**only(302, 409, *ATTENDS), "clinic_admin": 302},
}


def kwargs(name, cast):
    return appointment(name, cast)
