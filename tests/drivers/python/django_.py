# SPDX-License-Identifier: Apache-2.0
"""Django's ORM over psycopg 3, with client-side and with server-side parameters."""

import os

import django
from django.conf import settings
from trips import ROWS, TENANT, raises, same, seen, trip


def database(**options):
    return {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"],
            "USER": os.environ["PGUSER"], "PASSWORD": os.environ["PGPASSWORD"],
            "HOST": os.environ["PGHOST"], "PORT": os.environ["PGPORT"],
            "OPTIONS": {"sslmode": "disable", **options}}


settings.configure(USE_TZ=True, TIME_ZONE="UTC", DATABASES={
    "default": database(), "server_side": database(server_side_binding=True)})
django.setup()

from django.db import IntegrityError, connections, models, transaction  # noqa: E402


class Order(models.Model):
    """Two columns are the key of the table; Django is told of one."""
    id = models.BigIntegerField(primary_key=True)
    tenant_id = models.TextField(default=TENANT)
    item = models.TextField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    placed_at = models.DateTimeField()

    class Meta:
        app_label = "drivers"
        db_table = "orders"
        managed = False


NOW = django.utils.timezone.now()


def new(number):
    return Order(id=900 + number, item=f"new {number}", amount=number, placed_at=NOW)


def all_rows(using):
    return seen(Order.objects.using(using).values_list("id", "item"))


def orders(using):
    return Order.objects.using(using)


def reads(using):
    same(all_rows(using), ROWS)


def work(using):
    with transaction.atomic(using=using):
        for number in range(10):
            new(number).save(using=using, force_insert=True)
        same(orders(using).filter(item__startswith="new", amount__gte=5).count(), 5)
        orders(using).filter(id=905).update(item="changed", amount=models.F("amount") + 1)
    same(orders(using).get(id=905).item, "changed")
    same(orders(using).get(id=905).placed_at, NOW)
    same(orders(using).filter(id__gte=900).aggregate(models.Sum("amount"))["amount__sum"], 46)
    same(orders(using).filter(id__gte=900).delete()[0], 10)


def bulk(using):
    with transaction.atomic(using=using):
        orders(using).bulk_create([new(n) for n in range(10)])
    same(orders(using).filter(id__gte=900).delete()[0], 10)


def failure(using):
    def twice():
        with transaction.atomic(using=using):
            new(1).save(using=using, force_insert=True)
            new(1).save(using=using, force_insert=True)
    raises(IntegrityError, twice)
    with transaction.atomic(using=using):
        raises(IntegrityError, twice)
        same(all_rows(using), ROWS)
    same(all_rows(using), ROWS)


def walk(using):
    same(seen((order.id, order.item) for order in orders(using).iterator(chunk_size=2)), ROWS)


def reflect(using):
    """What inspectdb asks."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = {table.name for table in connection.introspection.get_table_list(cursor)}
        same(tables >= {"orders", "customers", "countries"}, True)
        columns = connection.introspection.get_table_description(cursor, "orders")
        same([column.name for column in columns][:2], ["tenant_id", "id"])
        relations = connection.introspection.get_relations(cursor, "orders")
        same(relations["tenant_id"][1], "customers")  # of the key's columns it takes the first
        connection.introspection.get_sequences(cursor, "orders")
        constraints = connection.introspection.get_constraints(cursor, "orders")
        same([each["columns"] for each in constraints.values() if each["primary_key"]],
             [["tenant_id", "id"]])


def reconnect(using):
    connections[using].close()
    reads(using)


STEPS = {"connect": reads, "transaction": work, "bulk": bulk, "rollback": failure, "cursor": walk,
         "reflect": reflect, "reconnect": reconnect}

for database_name in ("default", "server_side"):
    for name, step in STEPS.items():
        trip(f"{database_name} {name}", lambda: step(database_name), lambda: reads(database_name))
