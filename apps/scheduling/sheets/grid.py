"""Places on the day sheet as class names, so that no page needs an inline style: gs-49 sp-6 is row 49, six rows long.

static/css/schedule_grid.css is this module's output; a test compares the two. To write it anew:
`python -m apps.scheduling.sheets.grid > static/css/schedule_grid.css`
"""

from collections.abc import Iterable

ROWS_A_DAY = 25 * 12  # the longest day of the year has 25 hours
LANES = 6  # beyond that, the sub-columns are drawn over each other


def stylesheet() -> str:
    """The rules behind the names."""
    starts = "".join(f".gs-{row}{{grid-row-start:{row}}}\n" for row in range(1, ROWS_A_DAY + 1))
    spans = "".join(f".sp-{rows}{{grid-row-end:span {rows}}}\n" for rows in range(1, ROWS_A_DAY + 1))
    heights = "".join(f".hrs-{hours}{{block-size:calc(var(--row)*{hours * 12})}}\n" for hours in range(1, 26))
    lanes = "".join(
        f".ln-{lane}-{of}{{inline-size:{100 / of:.2f}%;margin-inline-start:{100 * lane / of:.2f}%}}\n"
        for of in range(2, LANES + 1)
        for lane in range(of)
    )
    # On paper the rows are as low as the hours of the day need, so that all of it stands on one page, A4 or A3.
    paper = "".join(f".sheet:has(.hrs-{hours}){{--hours:{hours}}}\n" for hours in range(1, 26))
    return (
        "/* Written by apps/scheduling/sheets/grid.py. */\n"
        f":is(.col-list,.col-back,.side-hours,.now)>*{{grid-column:1}}\n{starts}{spans}{heights}{lanes}"
        f"@media print{{\n@page{{size:landscape;margin:8mm}}\n{paper}}}\n"
    )


def place(row: int, rows: int) -> str:
    """Row and length as classes."""
    return f"gs-{row} sp-{rows}"


def lane(number: int, of: int) -> str:
    """A sub-column as a class; nothing where there is only one."""
    if of < 2:
        return ""
    of = min(of, LANES)
    return f" ln-{min(number, of - 1)}-{of}"


def side_by_side(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each span of rows (first, one past the last; in order of their first rows) its sub-column, and how many
    sub-columns share the width there. Whatever touches in time, directly or by way of others, shares the width."""
    placed: list[tuple[int, int]] = []
    ends: list[int] = []  # where each sub-column of the present knot becomes free
    knot = 0  # where the present knot began in `placed`
    latest = 0  # where all of them are
    for first, end in spans:
        if first >= latest:  # nearly always: nobody is beside anybody
            if len(ends) > 1:
                placed[knot:] = [(number, len(ends)) for number, _ in placed[knot:]]
            knot, ends, latest = len(placed), [end], end
            placed.append((0, 1))
            continue
        number = next((i for i, free in enumerate(ends) if free <= first), len(ends))
        ends[number : number + 1] = [end]
        latest = max(latest, end)
        placed.append((number, 0))
    if len(ends) > 1:
        placed[knot:] = [(number, len(ends)) for number, _ in placed[knot:]]
    return placed


if __name__ == "__main__":
    print(stylesheet(), end="")  # noqa: T201
