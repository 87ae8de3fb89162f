"""The day sheet, booking, my day and the buttons of a visit."""

from tests.permissions.table.scheduling import kwargs as appointment

SEES = {"anonymous": 302, "*": 200}


def only(status: int, *roles: str) -> dict[str, int]:
    return {"anonymous": 302, "clinic_admin": status, **dict.fromkeys(roles, status), "*": 403}


BOOKS = ("front_desk", "provider")
ATTENDS = ("front_desk", "provider", "nurse")
ROWS = {
    "scheduling:day_sheet": SEES,
    "scheduling:changes": {"anonymous": 302, "*": 204},
    "scheduling:appointment": SEES,
    "scheduling:find_time": SEES,
    "scheduling:export": only(200),
    "POST scheduling:export": only(400),
    "scheduling:my_day": only(200, "provider"),
    "scheduling:book": only(200, *BOOKS),
    "POST scheduling:book": only(400, *BOOKS),
    "POST scheduling:patient_choices": only(200, *BOOKS),
    "scheduling:free_times": only(200, *BOOKS),
    "scheduling:move": only(200, *BOOKS),
    "POST scheduling:move": only(302, *BOOKS),  # nothing typed: it stays where it is
    "scheduling:cancellation": only(200, *BOOKS),
    "POST scheduling:cancellation": only(400, *BOOKS),
    "POST scheduling:confirmation": only(409, *BOOKS),
    "POST scheduling:arrival": only(302, *ATTENDS),
    "POST scheduling:no_show": only(302, *ATTENDS),
    "POST scheduling:start": only(302, "provider"),
    "POST scheduling:completion": only(302, "provider"),
    # Ada made the last move: the others may take back their own only.
    "POST scheduling:undo": {**only(409, *ATTENDS), "clinic_admin": 302},
}


def kwargs(name, cast):
    return appointment(name, cast)
