"""Numbers without gaps: 1, 2, 3 … in each series and year, up to where its counter stands.

OFFSET 0 keeps the form of a number from being looked at twice; a pattern would take twice as long over years of them.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.ledger.checking.checks import Check

SQL = """
    numbered AS (
        SELECT id, number, CASE WHEN is_one THEN split_part(number, '-', 2)::int END AS year,
               CASE WHEN is_one THEN split_part(number, '-', 3)::int END AS n
          FROM (SELECT id, number, number LIKE '{series}-____-_____%' AND length(number) < 19
                       AND translate(number, '0123456789', '') = '{series}--' AS is_one
                  FROM {table} WHERE number <> '' OFFSET 0) given),
    steps AS (
        SELECT id, number, year, n, lag(n, 1, 0) OVER (PARTITION BY year ORDER BY n) AS before
          FROM numbered WHERE year IS NOT NULL),
    ends AS (SELECT year, max(n) AS last FROM numbered WHERE year IS NOT NULL GROUP BY year),
    counters AS (SELECT year, last FROM core_numberseries WHERE series = '{series}' AND last > 0),
    examined AS (SELECT count(*) AS n FROM numbered),
    wrong AS (
        SELECT 'missing' AS kind, NULL::uuid AS id,
               '{series}-' || year || '-' || to_char(before + 1, 'FM999900000') AS number,
               jsonb_build_object('missing', n - before - 1) AS figures
          FROM steps WHERE n > before + 1
        UNION ALL
        SELECT '{kind}', id, number, jsonb_build_object() FROM steps WHERE n = before
        UNION ALL
        SELECT '{kind}', id, number, jsonb_build_object() FROM numbered WHERE year IS NULL
        UNION ALL
        SELECT 'counter', NULL, '{series}-' || coalesce(e.year, c.year),
               jsonb_build_object('given', coalesce(e.last, 0), 'counted', coalesce(c.last, 0))
          FROM ends e FULL JOIN counters c ON c.year = e.year WHERE e.last IS DISTINCT FROM c.last)
"""


def numbers_check(
    code: str, title: str | Promise, *, series: str, table: str, kind: str, counted: str | Promise
) -> Check:
    """The check of one series: the numbers in ``table``, whose rows `core.naming` knows as ``kind``."""
    return Check(
        code=code,
        title=title,
        meaning=_(
            "In each year they run 1, 2, 3 … without a gap and without a number twice, up to the last one given."
        ),
        counted=counted,
        words={
            "missing": _("%(missing)s missing from this number on."),
            "counter": _("The highest number there is ends in %(given)s; the last one given was %(counted)s."),
            kind: _("Given twice, or not a number of this series."),
        },
        sql=SQL.format(series=series, table=table, kind=kind),
    )
