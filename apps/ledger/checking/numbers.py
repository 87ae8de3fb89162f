"""Numbers without gaps: 1, 2, 3 … in each series and year, up to where its counter stands.

OFFSET 0 keeps the form of a number from being looked at twice; a pattern would take twice as long over years of them.
Sorted are only the places (year and number in one), in memory; the rows are looked at again where a place is wrong.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.ledger.checking.checks import Check

SQL = """
    numbered AS NOT MATERIALIZED (
        SELECT id, number, CASE WHEN is_one THEN split_part(number, '-', 2)::bigint * {years_apart}
                                                 + split_part(number, '-', 3)::bigint END AS place
          FROM (SELECT id, number, number LIKE '{series}-____-_____%' AND length(number) < 19
                       AND translate(number, '0123456789', '') = '{series}--' AS is_one
                  FROM {table} WHERE number <> '' OFFSET 0) given),
    places AS MATERIALIZED (SELECT place FROM numbered),
    steps AS MATERIALIZED (
        SELECT place, before, place / {years_apart} AS year, place % {years_apart} AS n,
               CASE WHEN before >= place - place % {years_apart} THEN before % {years_apart} ELSE 0 END AS last
          FROM (SELECT place, lag(place, 1, 0::bigint) OVER (ORDER BY place) AS before
                  FROM places WHERE place IS NOT NULL) one_by_one
         WHERE place <> before + 1),
    ends AS (SELECT place / {years_apart} AS year, max(place) % {years_apart} AS last
          FROM places WHERE place IS NOT NULL GROUP BY 1),
    counters AS (SELECT year, last FROM core_numberseries WHERE series = '{series}' AND last > 0),
    examined AS (SELECT count(*) AS n FROM places),
    wrong AS (
        SELECT 'missing' AS kind, NULL::uuid AS id,
               '{series}-' || year || '-' || to_char(last + 1, 'FM999900000') AS number,
               jsonb_build_object('missing', n - last - 1) AS figures
          FROM steps WHERE n > last + 1
        UNION ALL
        SELECT '{kind}', id, number, jsonb_build_object()
          FROM (SELECT id, number, row_number() OVER (PARTITION BY place ORDER BY length(number), id) AS time
                  FROM numbered
                 WHERE (SELECT EXISTS (SELECT FROM steps WHERE place = before))
                   AND place IN (SELECT place FROM steps WHERE place = before)) twice WHERE time > 1
        UNION ALL
        SELECT '{kind}', id, number, jsonb_build_object() FROM numbered
         WHERE (SELECT EXISTS (SELECT FROM places WHERE place IS NULL)) AND place IS NULL
        UNION ALL
        SELECT 'counter', NULL, '{series}-' || coalesce(e.year, c.year),
               jsonb_build_object('given', coalesce(e.last, 0), 'counted', coalesce(c.last, 0))
          FROM ends e FULL JOIN counters c ON c.year = e.year WHERE e.last IS DISTINCT FROM c.last)
"""
YEARS_APART = 10**10  # a number has nine digits at most


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
        sql=SQL.format(series=series, table=table, kind=kind, years_apart=YEARS_APART),
    )
