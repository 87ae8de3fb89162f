"""`pk__among=ids`: as `__in`, but the ids travel as one array, however many they are.

Django writes a placeholder for each value of `__in` and looks at each of them several times: 500 patients of a day
sheet took longer to write down than to find. The statement is also the same for 3 and for 300.
"""

from typing import Any

from django.db import models


@models.UUIDField.register_lookup
@models.SmallIntegerField.register_lookup
@models.ForeignKey.register_lookup
class Among(models.Lookup):
    lookup_name = "among"
    prepare_rhs = False

    def get_prep_lookup(self) -> Any:
        return self.rhs if hasattr(self.rhs, "resolve_expression") else list(self.rhs)  # see apps/core/prepared.py

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s)", (*params, self.rhs)
