#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every SQL statement on a table with tenants chooses by the tenant: no query sees another's rows.

What each `prepare`, `execute` and `number` of the room `store` is given is put together from the sources, as far as it
is text; a call whose text can't be seen is an error, and so is a statement that no call is given.

tenants_test.py SOURCE_FOLDER
"""
import itertools
import pathlib
import re
import sys

# Statements that don't choose by tenant, whole, each with its reason.
ALLOWED = {
    "DELETE FROM token WHERE idle_deadline <= ? OR expires <= ?":
        "sweeps the tokens of all tenants: what is over is good for nobody, and no row is read",
    "DELETE FROM refresh_family WHERE idle_deadline <= ? OR expires <= ?":
        "sweeps the families of all tenants: no device can renew with one that is over",
    "DELETE FROM pairing WHERE expires <= ?":
        "sweeps the pairing codes of all tenants: none that is over pairs a device",
    "DELETE FROM revocation WHERE forget_at <= ?":
        "forgets for all tenants what concerns expired tokens only; the store has no tenant of its own to go by",
}
# Tables whose rows belong to no tenant, each with its reason.
UNTENANTED = {
    "throttle": "counts by hashes that the tenant goes into; all rows are read at the start, into one table of such hashes",
    "spent": "remembers uses by hashes that the tenant goes into; all rows are read at the start, as those of throttle",
    "clock": "one row: what the server's one clock was seen at",
    "log": "how far each log was read, by its origin, which names the tenant",
}
# Calls whose text is elsewhere.
ELSEWHERE = {
    "database.cpp: steps[static_cast<std::size_t>(at)]": "the steps of schema.cpp, which make tables and read no rows",
}

UNKNOWN = "\0"  # a part of a statement that is known only when it runs
VERB = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b")
END_OF_WHERE = re.compile(r"\b(?:GROUP BY|ORDER BY|LIMIT|RETURNING|HAVING|WINDOW)\b")
KEYWORD = re.compile(r"\b(?:select|from|join|into|update|delete|insert|replace|with|where|and|or|on|union|except|intersect)\b", re.I)
AFTER_TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|(?<!DO )UPDATE(?: OR \w+)?)\b")
PLAIN_TABLE = re.compile(r" (?:[a-z_]+(?![\w.])|\(SELECT\b)")


# ── what the sources say ────────────────────────────────────────────────────────────────────────────────────────────

LEXEME = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\]{0,16})\((?P<raw>.*?)\)(?P=mark)"|"(?P<text>(?:[^"\\\n]|\\.)*)"'
                    r"|(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'", re.S)


class Source:
    """A file with its comments gone and its texts replaced by numbers: «7»; those side by side are one."""

    def __init__(self, name, text, constants):
        self.name, self.texts, self.seen = name, [], set()
        self.constants = constants

        def number(match):
            if match["raw"] is None and match["text"] is None:
                return " " if match[0].startswith("/") else "' '"
            self.texts.append(match["raw"] if match["raw"] is not None else match["text"].replace('\\"', '"'))
            return f"«{len(self.texts) - 1}»"

        code = LEXEME.sub(number, text).replace("\\\n", " ")
        for macro, value in re.findall(r"#define (\w+)\s+((?:«\d+»\s*)+)$", code, re.M):
            code = re.sub(rf"(?<!#define )\b{macro}\b", lambda _, value=value: value, code)
        self.code = re.sub(r"^\s*#.*$", "", code, flags=re.M)
        for name, value in re.findall(r"\bconstexpr std::string_view (\w+)\s*=\s*([^;]+);", self.code):
            self.constants[name] = (self, value)

    def calls(self):
        """Of each call to the database its place and what it is given."""
        for match in re.finditer(r"(?:->|\.)\s*(?:prepare|execute|number)\s*\(", self.code):
            yield match.start(), self.inside(match.end())

    def inside(self, begin):
        depth = 1
        for at in range(begin, len(self.code)):
            depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(self.code[at], 0)
            if depth == 0:
                return self.code[begin:at]
        raise SystemExit(f"{self.name}: unbalanced")

    def value(self, expression, place):
        """The texts that an expression can be; None when that isn't to be seen."""
        expression = expression.strip()
        if re.fullmatch(r"(?:«\d+»\s*)+", expression):
            numbers = [int(n) for n in re.findall(r"\d+", expression)]
            self.seen.update(numbers)
            return ["".join(self.texts[n] for n in numbers)]
        if choice := split(expression, "?"):
            both = split(choice[1], ":") if len(choice) == 2 else None
            return self.any_of([self.value(each, place) for each in both]) if both and len(both) == 2 else None
        if sum_of := split(expression, "+"):
            return self.all_of([self.value(each, place) for each in sum_of])
        if match := re.fullmatch(r"std::string(?:_view)?[{(](.*)[})]", expression, re.S):
            return self.value(match[1], place)
        if match := re.fullmatch(r"fmt::format\((.*)\)", expression, re.S):
            return self.formatted(split(match[1], ",") or [match[1]], place)
        if re.fullmatch(r"\w+", expression):
            return self.variable(expression, place)
        if match := re.fullmatch(r"(\w+)\(.*\)", expression, re.S):
            return self.function(match[1])
        return None

    def any_of(self, values):
        return None if None in values else [text for value in values for text in value]

    def all_of(self, values):
        return None if None in values else ["".join(parts) for parts in itertools.product(*values)]

    def formatted(self, arguments, place):
        shapes = self.value(arguments[0], place)
        if shapes is None:
            return None
        values = [self.value(each, place) or [UNKNOWN] for each in arguments[1:]]
        out = []
        for shape, chosen in itertools.product(shapes, list(itertools.product(*values))):
            at = itertools.count()
            out.append(re.sub(r"\{(\d*)[^{}]*\}", lambda m: chosen[int(m[1]) if m[1] else next(at)], shape))
        return out

    def variable(self, name, place):
        """A text by its name: what it was last made of before this place, and all that was added to it by then."""
        made = list(re.finditer(rf"\bstd::string(?:_view)? {name}\s*(?:=\s*([^;]+))?;", self.code[:place]))
        if not made:
            source, value = self.constants.get(name, (None, None))
            return source.value(value, 0) if source else None
        begin = made[-1].end()
        first = self.value(made[-1][1], begin) if made[-1][1] else [""]
        added = [self.value(each, begin) for each in re.findall(rf"\b{name} \+= ([^;]+);", self.code[begin:place])]
        # What is added may be added in some cases only; the tenant is named in all.
        if any("tenant" in text for value in added for text in value or []):
            return None
        return self.all_of([first, *added])

    def function(self, name):
        """All that a function of this file can return."""
        match = re.search(rf"\bstd::string(?:_view)? {name}\([^)]*\)[^{{;]*{{", self.code)
        if not match:
            return None
        end = match.end() + len(self.inside(match.end()))
        returned = re.finditer(r"\breturn ([^;]+);", self.code[match.end():end])
        return self.any_of([self.value(each[1], match.end() + each.start()) for each in returned])

    def unseen(self):
        return [text for number, text in enumerate(self.texts) if number not in self.seen and VERB.match(text)]


def split(expression, by):
    """The parts of an expression between `by` outside all brackets; None when there is no such place."""
    parts, depth, begin = [], 0, 0
    for at, c in enumerate(expression):
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(c, 0)
        if c == by and depth == 0 and ":" not in (by == ":") * (expression[at - 1:at] + expression[at + 1:at + 2]):
            parts.append(expression[begin:at])
            begin = at + 1
    return [*parts, expression[begin:]] if parts else None


# ── what a statement does ───────────────────────────────────────────────────────────────────────────────────────────

class Schema:
    def __init__(self, text):
        bodies = dict(re.findall(r"CREATE TABLE (\w+) \((.*?)\) STRICT", text, re.S))
        self.tables = set(re.findall(r"CREATE TABLE (\w+)", text))
        self.tenanted = {table for table, body in bodies.items() if re.search(r"^\s*tenant\b", body, re.M)}
        self.untenanted = self.tables - self.tenanted
        # Where a row that pushes out another pushes out one of its own tenant: all that makes a row unique names it.
        self.own_keys = {
            table for table in self.tenanted
            if not re.search(r"^\s*[a-z]\w* .*\b(?:PRIMARY KEY|UNIQUE)\b", bodies[table], re.M)
            and all("tenant" in names.split(", ") for names in re.findall(r"(?:PRIMARY KEY|UNIQUE) \(([^)]*)\)", bodies[table]))}


def flat(sql):
    """The statement without what is in brackets, and what was in them."""
    out, inner, depth = "", [], 0
    for c in sql:
        depth -= c == ")"
        if depth > 0:
            inner[-1] += c
        else:
            out += c
        if c == "(":
            if depth == 0:
                inner.append("")
            depth += 1
    return out, inner


def faults(sql, schema):
    """Why this statement may see another tenant's rows; empty when it can't."""
    sql = re.sub(r"\s+", " ", re.sub(r"'[^']*'", "''", sql)).strip()
    if re.fullmatch(r"PRAGMA [^;]*(?:; PRAGMA [^;]*)*", sql):
        return []
    if re.search(r"--|/\*|[\"`;]|\]", sql):
        return ["comments, quoted names and several statements at once are not read here"]
    if not VERB.match(sql):
        return ["another kind of statement than this test knows"]
    if any(word != word.upper() for word in KEYWORD.findall(sql)) or not all(PLAIN_TABLE.match(rest) for rest in AFTER_TABLE.split(sql)[1:]):
        return ["keywords are written in capitals, and tables by their own name"]
    if sql.count("(") != sql.count(")"):
        return ["brackets that don't match"]
    outer, inner = flat(sql)
    found = [fault for part in inner if VERB.match(part) for fault in faults(part, schema)]
    found += [fault for part in inner if not VERB.match(part) and re.search(r"\b(?:SELECT|FROM)\b", part)
              for fault in faults("SELECT " + part, schema)]
    for part in re.split(r"\b(?:UNION ALL|UNION|EXCEPT|INTERSECT)\b", outer):
        found += simple_faults(part.strip(), inner, schema)
    return found


def simple_faults(outer, inner, schema):
    if insert := re.match(r"(?:INSERT(?P<or> OR \w+)?|(?P<replace>REPLACE)) INTO (\w+)(?P<rest>.*)", outer):
        return insert_faults(insert, inner, schema) if insert[3] in schema.tenanted else from_faults(insert["rest"], schema)
    return from_faults(outer, schema)


def insert_faults(insert, inner, schema):
    rest, found = insert["rest"], []
    if not rest.startswith(" ()") or "tenant" not in inner[0].split(", "):
        found.append("adds a row without naming its tenant")
    if (insert["or"] or insert["replace"]) and insert[3] not in schema.own_keys:
        found.append("may push out another tenant's row")
    if conflict := re.search(r"\bON CONFLICT( \(\))?.*? DO (UPDATE|NOTHING)\b", rest):
        # The target's columns are in the first brackets that come after those of the names and the values.
        target = inner[rest[:conflict.start()].count("()")].split(", ") if conflict[1] else []
        if conflict[2] == "UPDATE" and "tenant" not in target:
            found.append("may change another tenant's row")
    return found + from_faults(rest.partition(" ON CONFLICT")[0], schema)


TABLE = re.compile(r"(?:\b(?:FROM|JOIN|UPDATE(?: OR \w+)?)|,) (\w+)(?: (?:AS )?(?!(?:[A-Z]+)\b)(\w+))?")


def from_faults(outer, schema):
    before, _, where = outer.partition(" WHERE ")
    if before.startswith("UPDATE"):
        update, _, values = before.partition(" SET ")
        before = update + " " + values[values.find("FROM "):] * ("FROM " in values)
    else:
        before = before[before.find("FROM "):] * ("FROM " in before)
    named = [(table, alias or table) for table, alias in TABLE.findall(END_OF_WHERE.split(before)[0])]
    tables = [(table, alias) for table, alias in named if table in schema.tenanted]
    where = END_OF_WHERE.split(where)[0]
    if tables and re.search(r"\bOR\b", where):
        return ["a condition that holds beside the tenant's"]
    conditions = [each.strip() for each in re.split(r"\bAND\b", where)]
    if len(named) == 1 and "tenant = ?" in conditions:
        return []
    return [f"doesn't choose the tenant of {table}" for table, alias in tables if f"{alias}.tenant = ?" not in conditions]


def untenanted_faults(schema):
    """Where the tables without tenants aren't those that have a reason to be."""
    return [f"{table}: has no tenant, and no reason is given" for table in sorted(schema.untenanted - UNTENANTED.keys())] + \
        [f"{table}: has a tenant, or isn't there, and is said to have none" for table in sorted(UNTENANTED.keys() - schema.untenanted)]


# ── the test of this test ───────────────────────────────────────────────────────────────────────────────────────────

BAD = (
    "SELECT owner FROM job WHERE id = ?",
    "SELECT owner FROM job",
    "SELECT owner FROM job WHERE subject = ? ORDER BY tenant",
    "SELECT owner FROM job WHERE tenant IS NOT NULL AND id = ?",
    "SELECT owner FROM job WHERE tenant = tenant AND id = ?",
    "SELECT owner FROM job WHERE id = ? OR tenant = ?",
    "SELECT owner FROM job WHERE tenant = ? OR id = ?",
    "SELECT owner FROM job WHERE NOT tenant = ? AND id = ?",
    "SELECT owner FROM job WHERE (tenant = ? OR id = ?)",
    "SELECT owner FROM job WHERE id = ? -- AND tenant = ?",
    "SELECT owner FROM job WHERE title = ' AND tenant = ? AND ' AND id = ?",
    "SELECT owner FROM job WHERE tenant = ?\0",
    "SELECT tenant, count(*) FROM job GROUP BY tenant",
    "SELECT j.owner FROM job j JOIN intent i ON i.job = j.id WHERE i.tenant = ?",
    "SELECT owner FROM job, intent WHERE tenant = ?",
    "SELECT owner FROM throttle JOIN job ON key = id WHERE tenant = ?",
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM job WHERE id = ?)",
    "SELECT owner FROM intent WHERE tenant = ? AND job IN (SELECT id FROM job)",
    "WITH j AS (SELECT owner FROM job WHERE id = ?) SELECT owner FROM j",
    "SELECT owner FROM job WHERE tenant = ? UNION SELECT owner FROM job",
    "UPDATE job SET tenant = ? WHERE id = ?",
    "UPDATE job SET state = ?",
    "DELETE FROM job WHERE id = ?",
    "DELETE FROM token WHERE idle_deadline <= ? OR expires <= ? OR id = ?",
    "INSERT INTO job (id, owner) VALUES (?,?)",
    "INSERT INTO job SELECT * FROM spent",
    "INSERT OR REPLACE INTO job (id, tenant) VALUES (?,?)",
    "REPLACE INTO job (id, tenant) VALUES (?,?)",
    "INSERT INTO job (id, tenant) VALUES (?,?) ON CONFLICT (id) DO UPDATE SET owner = excluded.owner",
    "INSERT INTO intent (tenant, job) SELECT tenant, id FROM job",
    "select owner from job where id = ?",
    "SELECT owner FROM JOB WHERE id = ?",
    "SELECT owner FROM main.job WHERE id = ?",
    "SELECT owner FROM (job) WHERE id = ?",
    "DELETE FROM \0 WHERE id = ?",
    "CREATE TABLE copy AS SELECT owner FROM job",
)
GOOD = (
    "SELECT owner FROM job WHERE tenant = ?",
    "SELECT owner FROM job WHERE id = ? AND tenant = ? AND state IN (1,2) ORDER BY id LIMIT ?",
    "SELECT j.owner FROM job j JOIN intent AS i ON i.job = j.id WHERE i.tenant = ? AND j.tenant = ?",
    "SELECT key, token, forget_at FROM spent WHERE forget_at > ?",
    "UPDATE pairing SET attempts = min(attempts + 1, ?) WHERE tenant = ? AND device = ? RETURNING id",
    "UPDATE job SET (id, owner) = (?,?) WHERE id = ? AND tenant = ?",
    "DELETE FROM job WHERE id = ? AND tenant = ?",
    "INSERT INTO job (id, tenant) VALUES (?,?) ON CONFLICT (id) DO NOTHING",
    "INSERT OR REPLACE INTO pairing (tenant, device, id) VALUES (?,?,?)",
    "INSERT INTO revocation (tenant, scope) VALUES (?,?) ON CONFLICT (tenant, scope) DO UPDATE SET scope = max(scope, 1)",
    "PRAGMA quick_check(1)",
)
SAMPLE = r'''
constexpr std::string_view columns = "id, " /* side by side */ "owner";  // "SELECT not this"
#define SAMPLE_SELECT \
    "SELECT a FROM job WHERE tenant = ?"
std::string conditions(int f) { std::string sql; if (f) sql += " AND owner = ?"; return sql; }
void all(Db& db, std::string given) {
    db.prepare(R"sql(SELECT raw FROM job)sql");
    db->prepare(" SELECT space FROM job");
    db.prepare("WITH x AS (SELECT 1) SELECT 2");
    db.prepare(SAMPLE_SELECT " AND id = ?");
    db.prepare(one ? "SELECT yes" : "SELECT no");
    db.prepare(fmt::format("SELECT {} FROM job WHERE tenant = ?{} LIMIT {}", columns, conditions(1), 5));
    std::string sql = fmt::format("SELECT {} FROM job", columns);
    if (more) sql += " WHERE owner = ?";
    db.prepare(sql);
    if (less) sql += " AND tenant = ?";
    db.prepare(sql);
    db.prepare(given);
    helper("SELECT aside");
}
'''
SAMPLE_SAYS = [
    ["SELECT raw FROM job"], [" SELECT space FROM job"], ["WITH x AS (SELECT 1) SELECT 2"], ["SELECT a FROM job WHERE tenant = ? AND id = ?"],
    ["SELECT yes", "SELECT no"], ["SELECT id, owner FROM job WHERE tenant = ? AND owner = ? LIMIT \0"], ["SELECT id, owner FROM job WHERE owner = ?"], None, None]


def self_test(schema):
    wrong = [f"not found to be bad: {sql}" for sql in BAD if not faults(sql, schema)]
    wrong += [f"found to be bad: {sql}: {found}" for sql in GOOD for found in [faults(sql, schema)] if found]
    sample = Source("sample", SAMPLE, {})
    says = [sample.value(given, place) for place, given in sample.calls()]
    wrong += [f"the sample says {mine}, not {theirs}" for mine, theirs in itertools.zip_longest(says, SAMPLE_SAYS) if mine != theirs]
    tables = [f"CREATE TABLE {table} (\n    id BLOB PRIMARY KEY\n) STRICT" for table in UNTENANTED]
    for text, count in ((tables, 0), (tables + ["CREATE TABLE report_page (\n    page BLOB\n) STRICT"], 1), (tables[1:], 1)):
        if len(untenanted_faults(Schema("\n".join(text)))) != count:
            wrong.append(f"{text}: not {count} faults")
    if sample.unseen() != ["SELECT aside"]:
        wrong.append(f"the sample hides {sample.unseen()}")
    return wrong


def main(root):
    schema = Schema((root / "lib/store/schema.cpp").read_text())
    wrong = self_test(schema)
    constants, sources = {}, []
    for path in sorted((root / "lib/store").glob("*.[ch]pp")):
        source = Source(path.name, path.read_text(), constants)
        if path.name not in ("schema.cpp", "sqlite.cpp", "sqlite.hpp") and "«" in source.code and re.search(r"\b(?:Access|Connection|Statement|Database)\b", source.code):
            sources.append(source)  # all that speaks to the database but the seam itself and the steps
    count, allowed, elsewhere, touched = 0, set(), set(), set()
    for source in sources:
        for place, given in source.calls():
            if (key := f"{source.name}: {given.strip()}") in ELSEWHERE:
                elsewhere.add(key)
                continue
            statements = source.value(given, place)
            for sql in statements or []:
                count += 1
                touched |= {table for table in schema.tables if re.search(rf"\b(?:FROM|INTO|UPDATE) {table}\b", sql)}
                if sql in ALLOWED:
                    allowed.add(sql)
                else:
                    wrong += [f"{source.name}: {fault}: {sql}" for fault in faults(sql, schema)]
            if statements is None:
                wrong.append(f"{source.name}: a statement whose text isn't to be seen: {given}")
    for source in sources:
        wrong += [f"{source.name}: a statement that no call is given: {text}" for text in source.unseen()]
    wrong += [f"an exception that nothing needs: {each}" for each in [*(ALLOWED.keys() - allowed), *(ELSEWHERE.keys() - elsewhere)]]
    wrong += untenanted_faults(schema)
    wrong += [f"no statement is about {table}: this test no longer reads what it should" for table in sorted(schema.tables - touched)]
    for path in [*(root / "lib").rglob("*.[ch]pp"), *(root / "daemons").rglob("*.[ch]pp"), *(root / "bindings").rglob("*.[ch]pp")]:
        if path.parent.name != "store" and re.search(r'#include [<"](?:sqlite3|.*store/(?:sqlite|database_impl))\b', path.read_text()):
            wrong.append(f"{path.relative_to(root)}: reaches the database past the room `store`")
    print("\n".join(wrong) or f"{count} statements, {len(schema.tenanted)} tables with tenants: every one chooses by the tenant, "
          f"{len(ALLOWED)} with a reason not to; {len(BAD)} bad ones found")
    return bool(wrong)


sys.exit(main(pathlib.Path(sys.argv[1])))
