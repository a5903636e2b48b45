"""What an Alembic revision does, read from its Python: what is read, what is not, and what it means for older code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback.deployment.migrations.files import File
from failback.deployment.migrations.judging import judged
from failback.deployment.migrations.operations import steps

if TYPE_CHECKING:
    from failback.deployment.migrations.gate import Dialect

ADDED = "op.add_column('orders', sa.Column('c', sa.Integer(), nullable=True))"


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("op.drop_column('a', 'b', schema='s')", "ALTER TABLE `s`.`a` DROP COLUMN `b`"),
        ("op.create_index(op.f('i'), 'a', ['b'], unique=True)", "CREATE UNIQUE INDEX `i` ON `a` (`b`)"),
        ("op.rename_table('a', 'b')", "ALTER TABLE `a` RENAME TO `b`"),
        ("op.add_column('a', sa.Column('b', sa.String(5), nullable=False, server_default='x'))",
         "ALTER TABLE `a` ADD COLUMN `b` varchar(5) NOT NULL DEFAULT 'x'"),
        ("op.execute(sa.text('DELETE FROM a'))", "DELETE FROM a"),
        ("op.create_unique_constraint('u', 'a', ['b'])", "ALTER TABLE `a` ADD CONSTRAINT `u` UNIQUE (`b`)"),
        ("op.create_foreign_key('f', 'a', 'c', ['b'], ['id'])",
         "ALTER TABLE `a` ADD CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `c` (`id`)"),
        ("op.create_table('a', sa.Column('id', sa.Integer()), sa.ForeignKeyConstraint(['id'], ['b.id']))",
         "CREATE TABLE `a` (`id` int, FOREIGN KEY (`id`) REFERENCES `b` (`id`))"),
        ("op.create_table('a', sa.Column('id', sa.Integer(), sa.ForeignKey('s.b.id', ondelete='CASCADE')))",
         "CREATE TABLE `a` (`id` int, FOREIGN KEY (`id`) REFERENCES `s`.`b` (`id`) ON DELETE CASCADE)"),
        ("op.create_foreign_key('f', 'a', 'c', ['b'], ['id'], source_schema='s', ondelete='cascade')",
         "ALTER TABLE `s`.`a` ADD CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `c` (`id`) ON DELETE CASCADE"),
        ("op.create_foreign_key('f', 'a', 'c', ['b'], ['id'], onupdate='SET NULL')",
         "ALTER TABLE `a` ADD CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `c` (`id`) ON UPDATE SET NULL"),
        ("op.add_column('a', sa.Column('b', sa.DateTime(), server_default=sa.func.now()))",
         "ALTER TABLE `a` ADD COLUMN `b` timestamp DEFAULT CURRENT_TIMESTAMP"),
        ("op.add_column('a', sa.Column('b', sa.Boolean(), server_default=sa.true()))",
         "ALTER TABLE `a` ADD COLUMN `b` boolean DEFAULT true"),
    ],
)  # fmt: skip
def test_alembic_calls_that_are_read(call: str, wanted: str) -> None:
    """They become the SQL that Alembic would send, near enough to be judged."""
    (step,) = steps(f"def upgrade() -> None:\n    {call}\n".encode(), "mysql")
    assert step.sql == wanted


@pytest.mark.parametrize(
    "call",
    [
        "op.alter_column('a', 'b', nullable=False)",
        "op.add_column('a', sa.Column('b', mine.Type()))",
        "op.add_column('a', sa.Column('b', sa.Integer(), sa.ForeignKey('c.id')))",
        "op.add_column('a', sa.Column('b', sa.Integer(), **more))",
        "op.drop_table(name)",
        "op.execute(f'DELETE FROM {x}')",
        "op.create_index('i', 'a', [sa.text('lower(b)')])",
        "connection = op.get_bind()",
        "for table in tables: op.drop_table(table)",
        "op.bulk_insert(table, [])",
        "backfill()",
        # A word nobody looked at may change the meaning.
        "op.create_unique_constraint('u', 'a', ['b'], postgresql_nulls_not_distinct=True)",
        "op.create_index('i', 'a', ['b'], unique=True, postgresql_nulls_not_distinct=True)",
        "op.create_index('i', 'a', ['b'], mysql_length=10)",
        "op.create_table('a', sa.Column('id', sa.Integer()), postgresql_inherits='b')",
        "op.create_table('a', sa.Column('id', sa.Integer()), prefixes=['TEMPORARY'])",
        "op.create_table('a', sa.Column('id', sa.Integer()), sa.ForeignKeyConstraint(['id'], targets))",
        "op.create_foreign_key('f', 'a', 'c', ['b'], ['id'], ondelete=how)",
        "op.create_foreign_key('f', 'a', 'c', ['b'], ['id'], ondelete='CASCADE; DROP TABLE a')",
        "op.add_column('a', sa.Column('b', sa.Integer(), server_default=sa.FetchedValue()))",
        "op.add_column('a', sa.Column('b', sa.Integer(), server_default=sa.func.random()))",
        "op.add_column('a', sa.Column('b', sa.Integer(), sa.Computed('1/n')))",
        "op.drop_table('a', 'b')",
    ],
)
def test_alembic_calls_that_are_not(call: str) -> None:
    """Nobody guesses: a step that cannot be read is unknown."""
    (step,) = steps(f"def upgrade() -> None:\n    {call}\n".encode(), "mysql")
    assert step.sql is None
    assert steps(b"x = 1", "mysql")[0].sql is None


@pytest.mark.parametrize("dialect", ["mysql", "postgresql"])
@pytest.mark.parametrize(
    ("calls", "rule"),
    [
        ((ADDED, "op.create_foreign_key('f', 'orders', 'others', ['c'], ['id'], ondelete='CASCADE')"),
         "foreign-key-deletes"),
        ((ADDED, "op.create_unique_constraint('u', 'orders', ['c'], postgresql_nulls_not_distinct=True)"), "python"),
        (("op.add_column('orders', sa.Column('c', sa.Integer(), server_default=sa.FetchedValue(), nullable=False))",),
         "python"),
        (("op.add_column('orders', sa.Column('c', sa.Integer(), server_default=sa.text('NULL'), nullable=False))",),
         "add-required-column"),
        (("op.add_column('orders', sa.Column('c', sa.String(3), server_default='abcdef', nullable=False))",),
         "default-not-proven"),
        (("op.add_column('orders', sa.Column('c', sa.String(3), server_default=sa.text('md5(random())')))",),
         "not-understood"),
        (("op.create_table('more', sa.Column('id', sa.Integer()), postgresql_inherits='orders')",), "python"),
    ],
)  # fmt: skip
def test_what_stops_older_code_is_never_called_compatible(calls: tuple[str, ...], rule: str, dialect: Dialect) -> None:
    text = "def upgrade() -> None:\n" + "".join(f"    {call}\n" for call in calls)
    last = judged("alembic", File("b", "p", text.encode(), frozenset()), dialect)[-1]
    assert last.kind != "compatible"
    assert last.rule == rule


def test_a_new_table_that_points_at_an_older_one_says_so() -> None:
    text = b"def upgrade():\n    op.create_table('notes', sa.Column('o', sa.Integer(), sa.ForeignKey('orders.id')))\n"
    (found,) = judged("alembic", File("b", "p", text, frozenset()), "mysql")
    assert found.kind == "compatible"
    assert "holds-parent" in str(found)
