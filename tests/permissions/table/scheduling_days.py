"""The flow board, a day's changes, and a day replayed."""

API_READS = {"anonymous": 401, "*": 200}
ROWS = {
    "scheduling:flow_board": {"anonymous": 302, "*": 200},
    "scheduling:day_log": {"anonymous": 302, "*": 200},
    "GET api-flow-board": API_READS,
    "GET api-day-as-of": {"anonymous": 401, "*": 400},
    "GET api-day-changes": API_READS,
    "GET api-appointments-export": {"anonymous": 401, "clinic_admin": 200, "*": 403},
}
