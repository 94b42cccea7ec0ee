"""The tables of orders: what was ordered, of what it consists, and what happened to it."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    DoubleField,
    IntegerField,
    TextField,
)
from playhouse.postgres_ext import BinaryJSONField

from models.base import Base


class OrderRow(Base):
    id = AutoField()
    user_id = IntegerField()
    status = CharField(null=True)
    total_amount = DoubleField()
    total_kobo = BigIntegerField(null=True)
    payment_method = CharField()
    payment_status = CharField(null=True)
    payment_reference = CharField(null=True)
    shipping_address = TextField()
    order_date = DateTimeField(null=True)
    drugsng_order_id = CharField(null=True)
    customer_id = BigIntegerField(null=True)
    order_number = TextField()
    state = TextField()
    delivery_fee_kobo = BigIntegerField(default=0)
    delivery_kind = TextField(default="delivery")
    latitude = DoubleField(null=True)
    longitude = DoubleField(null=True)
    placement_key = TextField(null=True)
    reserved_until = DateTimeField(null=True)
    cancelled_at = DateTimeField(null=True)
    rider_name = TextField(null=True)
    rider_phone = TextField(null=True)
    shipped_at = DateTimeField(null=True)
    delivered_at = DateTimeField(null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()

    class Meta:
        table_name = "orders"


class OrderItem(Base):
    id = AutoField()
    order_id = IntegerField()
    product_id = IntegerField(null=True)
    healthcare_product_id = IntegerField(null=True)
    name = TextField(null=True)
    prescription_only = BooleanField(default=False)
    quantity = IntegerField()
    price = DoubleField()
    price_kobo = BigIntegerField(null=True)
    prescription_item_id = BigIntegerField(null=True)  # the (first) approval it was dispensed on
    created_at = DateTimeField()
    updated_at = DateTimeField()

    class Meta:
        table_name = "order_items"


class OrderEvent(Base):
    """What happened to an order, when and by whom (`customer:12`, `staff:3`, `clock`, `old system`). Append-only by a trigger."""

    id = BigAutoField()
    order_id = IntegerField()
    at = DateTimeField()
    what = TextField()
    who = TextField()
    detail = BinaryJSONField(index=False)

    class Meta:
        table_name = "order_events"
