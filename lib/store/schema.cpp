// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <array>

namespace safeq::store {
namespace {

// Ids are 16 bytes, times are milliseconds since 1970, numbers of enums are those in the headers of their rooms.
constexpr std::array release_steps{R"sql(
CREATE TABLE job (
    id         BLOB PRIMARY KEY,
    tenant     BLOB NOT NULL,
    owner      BLOB NOT NULL,
    intake     BLOB NOT NULL,
    ipp_id     INTEGER NOT NULL,
    state      INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    device     BLOB NOT NULL,
    created    INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    format     TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    pages      INTEGER,
    copies     INTEGER NOT NULL,
    documents  INTEGER NOT NULL,
    kept       INTEGER NOT NULL,
    restricted INTEGER NOT NULL,
    title      BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_by_owner ON job (tenant, owner, state, id);
CREATE INDEX job_by_state ON job (tenant, state, id);
CREATE INDEX job_by_ipp_id ON job (tenant, intake, ipp_id, id);

CREATE TABLE intent (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    record      BLOB NOT NULL UNIQUE,
    tenant      BLOB NOT NULL,
    job         BLOB NOT NULL,
    kind        INTEGER NOT NULL,
    event       INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    record_json BLOB NOT NULL
) STRICT;
CREATE INDEX intent_by_tenant ON intent (tenant, number);

CREATE TABLE account (
    tenant       BLOB NOT NULL,
    subject      BLOB NOT NULL,
    lookup       BLOB NOT NULL,
    names        BLOB NOT NULL,
    password     TEXT,
    pin          TEXT,
    disabled     INTEGER NOT NULL,
    created      INTEGER NOT NULL,
    PRIMARY KEY (tenant, subject),
    UNIQUE (tenant, lookup)
) STRICT, WITHOUT ROWID;

CREATE TABLE card (
    tenant  BLOB NOT NULL,
    lookup  BLOB NOT NULL,
    pepper  BLOB NOT NULL,
    subject BLOB NOT NULL,
    number  INTEGER NOT NULL,
    PRIMARY KEY (tenant, lookup),
    UNIQUE (tenant, subject, number),
    FOREIGN KEY (tenant, subject) REFERENCES account (tenant, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE throttle (
    counter  INTEGER NOT NULL,
    key      BLOB NOT NULL,
    failures INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    familiar BLOB NOT NULL,
    PRIMARY KEY (counter, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    hash          BLOB PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    kind          INTEGER NOT NULL,
    tenant        BLOB NOT NULL,
    subject       BLOB NOT NULL,
    device        BLOB,
    label         TEXT NOT NULL,
    created       INTEGER NOT NULL,
    idle_deadline INTEGER,
    expires       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_subject ON token (tenant, subject, kind, created, id);
CREATE INDEX token_by_idle_deadline ON token (idle_deadline) WHERE idle_deadline IS NOT NULL;
CREATE INDEX token_by_expires ON token (expires) WHERE expires IS NOT NULL;

CREATE TABLE device (
    tenant        BLOB NOT NULL,
    id            BLOB NOT NULL,
    name          TEXT NOT NULL,
    uri           TEXT NOT NULL,
    pin           BLOB,
    authority     TEXT,
    terminal      BLOB,
    factor_rule   TEXT NOT NULL,
    created       INTEGER NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name),
    UNIQUE (tenant, terminal),
    CHECK ((pin IS NULL) <> (authority IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE subject_key (
    tenant    BLOB NOT NULL,
    subject   BLOB NOT NULL,
    wrapped   BLOB,
    created   INTEGER NOT NULL,
    destroyed INTEGER,
    PRIMARY KEY (tenant, subject),
    CHECK ((wrapped IS NULL) = (destroyed IS NOT NULL))
) STRICT, WITHOUT ROWID;
)sql",
                                   R"sql(
ALTER TABLE job ADD COLUMN pins BLOB NOT NULL DEFAULT x'';
)sql",
                                   R"sql(
CREATE TABLE refresh_family (
    id            BLOB PRIMARY KEY,
    selector      BLOB NOT NULL UNIQUE,
    current       BLOB NOT NULL,
    device_key    BLOB NOT NULL,
    tenant        BLOB NOT NULL,
    subject       BLOB NOT NULL,
    created       INTEGER NOT NULL,
    idle_deadline INTEGER NOT NULL,
    expires       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_family_by_subject ON refresh_family (tenant, subject, created, id);

CREATE TABLE pairing (
    tenant   BLOB NOT NULL,
    device   BLOB NOT NULL,
    id       BLOB NOT NULL,
    begun_by BLOB NOT NULL,
    code     BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    expires  INTEGER NOT NULL,
    PRIMARY KEY (tenant, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE revocation (
    tenant       BLOB NOT NULL,
    scope        INTEGER NOT NULL,
    id           BLOB NOT NULL,
    issued_until INTEGER NOT NULL,
    forget_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, scope, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX revocation_by_forget_at ON revocation (forget_at);

CREATE TABLE spent (
    key       BLOB PRIMARY KEY,
    token     BLOB NOT NULL,
    forget_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_by_forget_at ON spent (forget_at);
)sql",
                                   R"sql(
ALTER TABLE device ADD COLUMN crl TEXT CHECK (crl IS NULL OR authority IS NOT NULL);
ALTER TABLE token ADD COLUMN device_key BLOB;

CREATE TABLE clock (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    latest  INTEGER NOT NULL,
    made_by INTEGER NOT NULL,
    over_by INTEGER NOT NULL
) STRICT;
)sql",
                                   R"sql(
ALTER TABLE account ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
)sql",
                                   R"sql(
ALTER TABLE account ADD COLUMN erasing INTEGER NOT NULL DEFAULT 0;
CREATE INDEX account_erasing ON account (tenant, subject) WHERE erasing = 1;
)sql"};

constexpr std::array report_steps{R"sql(
CREATE TABLE log (
    origin     TEXT PRIMARY KEY,
    next       INTEGER NOT NULL,
    unreadable INTEGER NOT NULL,
    follower   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE report_job (
    tenant        BLOB NOT NULL,
    job           BLOB NOT NULL,
    owner         BLOB,
    user_name     BLOB,
    title         BLOB,
    format        TEXT NOT NULL,
    bytes         INTEGER,
    pages         INTEGER,
    copies        INTEGER,
    documents     INTEGER,
    prints        INTEGER NOT NULL,
    uncounted_prints INTEGER NOT NULL,
    printed_pages INTEGER NOT NULL,
    device        BLOB,
    accepted      INTEGER,
    held          INTEGER,
    released      INTEGER,
    ended         INTEGER,
    outcome       TEXT NOT NULL,
    first_seen    INTEGER NOT NULL,
    came          INTEGER NOT NULL,
    day           INTEGER NOT NULL,
    counted_prints INTEGER NOT NULL,
    counted_pages INTEGER NOT NULL,
    known_bytes   INTEGER NOT NULL,
    PRIMARY KEY (tenant, job)
) STRICT, WITHOUT ROWID;
CREATE INDEX report_job_by_time ON report_job (tenant, came);
CREATE INDEX report_job_by_owner ON report_job (tenant, owner, job);
CREATE INDEX report_job_by_device ON report_job (tenant, device, job);

CREATE TABLE report_user (
    tenant  BLOB NOT NULL,
    subject BLOB NOT NULL,
    name    BLOB NOT NULL,
    PRIMARY KEY (tenant, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE report_device (
    tenant BLOB NOT NULL,
    device BLOB NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (tenant, device)
) STRICT, WITHOUT ROWID;
)sql",
                                  R"sql(
CREATE TABLE throttle (
    counter  INTEGER NOT NULL,
    key      BLOB NOT NULL,
    failures INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    familiar BLOB NOT NULL,
    PRIMARY KEY (counter, key)
) STRICT, WITHOUT ROWID;
)sql",
                                  R"sql(
ALTER TABLE report_job ADD COLUMN restricted INTEGER NOT NULL DEFAULT 0;
)sql"};

constexpr std::array subjects_steps{R"sql(
CREATE TABLE subject_key (
    tenant    BLOB NOT NULL,
    subject   BLOB NOT NULL,
    wrapped   BLOB,
    created   INTEGER NOT NULL,
    destroyed INTEGER,
    PRIMARY KEY (tenant, subject),
    CHECK ((wrapped IS NULL) = (destroyed IS NOT NULL))
) STRICT, WITHOUT ROWID;
)sql"};

}  // namespace

std::span<const char* const> schema_steps(Database::Purpose purpose) noexcept {
    switch (purpose) {
        case Database::Purpose::release: return release_steps;
        case Database::Purpose::report: return report_steps;
        case Database::Purpose::subjects: return subjects_steps;
    }
    return {};
}

std::int64_t application_id(Database::Purpose purpose) noexcept {
    switch (purpose) {
        case Database::Purpose::release: return 0x53'51'52'4c;   // "SQRL"
        case Database::Purpose::report: return 0x53'51'52'50;    // "SQRP"
        case Database::Purpose::subjects: return 0x53'51'53'4b;  // "SQSK"
    }
    return 0;
}

}  // namespace safeq::store
