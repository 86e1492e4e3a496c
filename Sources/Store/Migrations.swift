extension EventStore {
  /// What brings a database of version n to n + 1. Entries are only ever added.
  static let migrations = [
    """
    CREATE TABLE events (
      position INTEGER PRIMARY KEY CHECK (position > 0),
      at INTEGER NOT NULL,
      visit TEXT,
      subject TEXT CHECK (subject IS NULL OR visit IS NOT NULL),
      payload TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_of_visit ON events (visit, position) WHERE visit IS NOT NULL;
    CREATE TABLE personal (
      visit TEXT NOT NULL,
      subject TEXT NOT NULL,
      fields TEXT NOT NULL,
      PRIMARY KEY (visit, subject)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
      BEGIN SELECT raise(ABORT, 'events are append-only'); END;
    CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
      BEGIN SELECT raise(ABORT, 'events are append-only'); END;
    """,
    // Personal fields get an owner, since a clinic's directory has some too. `is_needed` is 0 for
    // an event that leaves no trace in the state: it is not replayed. Of a visit that retention
    // has forgotten, the events before that can be deleted; `deleted` counts them, so that a
    // missing one is noticed. The audit log's rows are chained by their codes, and can be deleted
    // only up to a checkpoint.
    """
    DROP TRIGGER events_are_not_changed;
    DROP TRIGGER events_are_not_deleted;
    DROP INDEX events_of_visit;
    ALTER TABLE events RENAME TO old_events;
    CREATE TABLE events (
      position INTEGER PRIMARY KEY CHECK (position > 0),
      at INTEGER NOT NULL,
      visit TEXT,
      owner TEXT,
      subject TEXT,
      payload TEXT NOT NULL,
      is_needed INTEGER NOT NULL DEFAULT 1,
      CHECK ((owner IS NULL) = (subject IS NULL))
    ) STRICT;
    INSERT INTO events (position, at, visit, owner, subject, payload)
      SELECT position, at, visit, iif(subject IS NULL, NULL, visit), subject, payload
      FROM old_events ORDER BY position;
    DROP TABLE old_events;
    CREATE INDEX events_of_visit ON events (visit, position) WHERE visit IS NOT NULL;
    CREATE INDEX events_to_replay ON events (position) WHERE is_needed;
    ALTER TABLE personal RENAME COLUMN visit TO owner;
    CREATE TABLE visits (
      visit TEXT PRIMARY KEY,
      clinic TEXT NOT NULL,
      is_untidy INTEGER NOT NULL DEFAULT 1,
      forgotten INTEGER
    ) STRICT, WITHOUT ROWID;
    INSERT INTO visits (visit, clinic)
      SELECT visit, payload ->> 'clinic' FROM events WHERE payload ->> 'type' = 'visit.created';
    CREATE INDEX untidy_visits ON visits (visit) WHERE is_untidy;
    CREATE TABLE deleted (events INTEGER NOT NULL) STRICT;
    INSERT INTO deleted VALUES (0);
    CREATE TRIGGER events_are_not_changed
      BEFORE UPDATE OF position, at, visit, owner, subject, payload ON events
      BEGIN SELECT raise(ABORT, 'events are append-only'); END;
    CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
      WHEN NOT EXISTS (
        SELECT 1 FROM visits WHERE visit = old.visit AND forgotten > old.position)
      BEGIN SELECT raise(ABORT, 'events are append-only'); END;
    CREATE TABLE audit (
      number INTEGER PRIMARY KEY CHECK (number > 0),
      at INTEGER NOT NULL,
      clinic TEXT,
      visit TEXT,
      author TEXT,
      action TEXT NOT NULL,
      subject TEXT,
      outcome TEXT NOT NULL,
      position INTEGER UNIQUE,
      event BLOB,
      mac BLOB NOT NULL,
      CHECK ((position IS NULL) = (event IS NULL))
    ) STRICT;
    CREATE INDEX audit_of_visit ON audit (visit, number) WHERE visit IS NOT NULL;
    CREATE TABLE audit_checkpoints (
      number INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      mac BLOB NOT NULL,
      signature BLOB NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
      BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
      WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE number >= old.number)
      BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
    """,
    // How far each clinic's webhook has come in the event log.
    """
    CREATE TABLE webhooks (
      clinic TEXT PRIMARY KEY,
      position INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    // Background images stand beside the log: which of them count is in the clinic's settings.
    """
    CREATE TABLE images (
      clinic TEXT NOT NULL,
      image TEXT NOT NULL,
      form TEXT NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (clinic, image)
    ) STRICT;
    """,
  ]

  /// The version of a database that all migrations have been done to.
  static var version: Int { migrations.count }

  /// The first version with an audit log.
  static let firstAuditedVersion = 2
}
