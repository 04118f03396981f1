"""The dictionary of an agency: a page for each table, measure and source, from the declarations themselves.

Markdown, with links that work from a folder. Nothing in it is written by hand: what a contract, a measure or
a source says of itself, which column comes from which, who looks after it, how to ask for it.

Put here: which pages there are, and tables and sources. Not here: measures (`dictionary_measures`), where the
pages are written (`commands/dictionary`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assets.column_lineage import Columns, core_lineage
from assets.core_table import CoreTable, core_tables
from assets.coverage import coverage
from assets.home import Home
from pipelines.dictionary_measures import measure_page
from sources.registry import Source
from warehouse.model.contract import Contract, FieldSpec, published_contracts

Pages = dict[str, str]


def dictionary(home: Home) -> Pages:
    """Every page of the agency's dictionary, by its path below the folder."""
    tables, published = core_tables(home), published_contracts(home.contracts)
    pages: Pages = {}
    for name, contract in sorted(published.items()):
        pages[f"tables/{name}.md"] = _published_page(name, contract)
    for name, table in sorted(tables.items()):
        pages[f"core/{name}.md"] = _core_page(home, table)
    inputs = coverage(home)
    for measure in home.agency.measures.values():
        own = [c for c in inputs if c.measure_id == measure.id]
        pages[f"measures/{measure.id}.md"] = measure_page(home, measure, own)
    for name, source in sorted(home.sources.items()):
        pages[f"sources/{name}.md"] = _source_page(home, source, tables)
    pages["index.md"] = _index(home, tables, published)
    return pages


def _index(home: Home, tables: dict[str, CoreTable], published: dict[str, Contract]) -> str:
    measures = home.agency.measures
    return _page(
        f"Data dictionary of {home.agency.settings.name}",
        "Made from contracts, measures and sources; a change there changes it here.",
        _section(
            "Published tables",
            _listed((f"tables/{name}.md", name, c.title) for name, c in sorted(published.items())),
        ),
        _section("Measures", _listed((f"measures/{m.id}.md", m.id, m.title) for m in measures.values())),
        _section(
            "Core tables",
            _listed((f"core/{name}.md", name, t.contract.title) for name, t in sorted(tables.items())),
        ),
        _section(
            "Sources",
            _listed((f"sources/{s.id}.md", s.id, s.spec.title) for s in home.sources.values()),
        ),
    )


def _published_page(name: str, contract: Contract) -> str:
    keys = ", ".join(contract.key[:4])
    return _page(
        contract.title,
        _facts(contract),
        _section("Columns", _column_table(contract.fields, {})),
        _section("What holds of it", _claims(contract)),
        _section("Ask for it", _code(f"SELECT {keys}, *\nFROM current_{name}\nLIMIT 20")),
    )


def _core_page(home: Home, table: CoreTable) -> str:
    contract = table.contract
    feeding = sorted({mapping.parent.parent.name for mapping in table.mappings})
    return _page(
        contract.title,
        _facts(contract),
        _section("Fed by", _listed((f"../sources/{name}.md", name, "") for name in feeding)),
        _section("Columns", _column_table(contract.fields, core_lineage(home, table))),
        _section("What holds of it", _claims(contract)),
        _section("How it is computed", _code(table.sql)),
    )


def _source_page(home: Home, source: Source, tables: dict[str, CoreTable]) -> str:
    spec = source.spec
    years = sorted({y for release in home.settings_of(source.id).releases for y in release.school_years})
    feeds = sorted(name for name, table in tables.items() if source.id in table.sources)
    facts = (
        f"Published by {spec.publisher}. Licence: {spec.licence}. Cadence: {spec.cadence}, expected "
        f"{spec.expected_lag_days} days after the year. Owner: {_owner(home, spec.owner)}. "
        f"School years: {', '.join(map(str, years)) or 'none'}."
    )
    parts = [_section(f"Table {name}", _header_table(source, name)) for name in spec.tables]
    return _page(
        spec.title,
        facts,
        _section("Feeds", _listed((f"../core/{name}.md", name, "") for name in feeds)),
        *parts,
    )


def _header_table(source: Source, table: str) -> str:
    rows = []
    for line in source.columns.of(table):
        headers = sorted({h for release in line.headers if (h := line.header(release)) is not None})
        kind = line.type.kind + (f"({line.type.argument})" if line.type.argument else "")
        rows.append((line.column, kind, "yes" if line.is_required else "no", ", ".join(headers)))
    return grid(("column", "type", "required", "header in the file"), rows)


def _column_table(fields: Sequence[FieldSpec], lineage: Columns) -> str:
    rows = []
    for field in fields:
        origins = sorted(lineage.get(field.name, ()))
        comes = ", ".join(f"{o.table}.{o.column}" for o in origins)
        rows.append((field.name, field.type, field.unit or "", _meaning(field), comes))
    if not lineage:
        return grid(("column", "type", "unit", "meaning"), [row[:4] for row in rows])
    return grid(("column", "type", "unit", "meaning", "comes from"), rows)


def _meaning(field: FieldSpec) -> str:
    parts = [field.description]
    if field.codes:
        parts.append(f"Codes: {', '.join(field.codes)}.")
    if field.null_means:
        parts.append(f"Null: {field.null_means}")
    return " ".join(part for part in parts if part)


def _facts(contract: Contract) -> str:
    return (
        f"`{contract.name}`: {contract.grain}. Key: {', '.join(contract.key)}. Privacy: {contract.privacy}. "
        f"Owner: {contract.owner}. History: {contract.history}."
    )


def _claims(contract: Contract) -> str:
    rows = [(c.claim, c.sentence, c.severity, c.remedy) for c in contract.claims]
    rows += [
        (f"{', '.join(r.columns)}", f"Refers to a row of {r.table}", "error", "") for r in contract.references
    ]
    return (
        grid(("claim", "sentence", "severity", "if it fails"), rows) if rows else "Nothing beyond its types."
    )


def _owner(home: Home, team: str) -> str:
    return home.agency.settings.owners.get(team, team)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", *(part for part in parts if part))) + "\n"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _listed(items: Iterable[tuple[str, str, str]]) -> str:
    return "\n".join(f"- [{name}]({path})" + (f": {text}" if text else "") for path, name, text in items)


def _code(sql: str) -> str:
    return f"```sql\n{sql.strip()}\n```"


def grid(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped, a line break becomes a space."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"

    return "\n".join((line(names), "|" + "---|" * len(names), *(line(row) for row in rows)))
