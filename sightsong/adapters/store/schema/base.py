"""What all tables share."""

from sqlalchemy import JSON, BigInteger, Integer, MetaData, String
from sqlalchemy.dialects.postgresql import VARCHAR

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

#: Counts rows in the order of their insertion; SQLite numbers only columns of type INTEGER.
SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
ID = String(36)
NAME = String(64)
JSON_VALUES = JSON(none_as_null=True)
#: Ordered by code points on both databases, so that a range of terms is a beginning of words.
TERM = String(80).with_variant(VARCHAR(80, collation="C"), "postgresql")
