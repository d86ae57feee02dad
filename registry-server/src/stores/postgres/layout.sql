-- Layout 1. Run once, in a schema of its own, under an advisory lock.

-- One row: where the log ends. Whoever appends locks it.
CREATE TABLE head (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    layout integer NOT NULL,
    seq    bigint NOT NULL,
    batch  uuid NOT NULL,
    -- Grows when somebody accepts that acknowledged writes were lost in a failover.
    epoch  bigint NOT NULL DEFAULT 0,
    -- Why nothing may be written until then.
    lost   text
);
INSERT INTO head (layout, seq, batch) VALUES (1, 0, '00000000-0000-0000-0000-000000000000');

-- The log: what each request changed. No number is left out, and their order is that of the commits.
CREATE TABLE changes (
    seq   bigint PRIMARY KEY,
    batch uuid NOT NULL,
    at    timestamptz NOT NULL DEFAULT now(),
    body  text NOT NULL
);

-- What the log adds up to. The constraints make a mistake of ours an error instead of a duplicate.
CREATE TABLE contexts (
    context text PRIMARY KEY,
    next_id bigint NOT NULL,
    listed  boolean NOT NULL
);
CREATE TABLE schemas (
    context  text NOT NULL REFERENCES contexts,
    id       bigint NOT NULL,
    identity uuid NOT NULL,
    format   text NOT NULL,
    text     text NOT NULL,
    refs     text NOT NULL,
    metadata text,
    rules    text,
    imported boolean NOT NULL,
    PRIMARY KEY (context, id)
);
-- Only imports may give one schema several ids.
CREATE UNIQUE INDEX one_id_per_schema ON schemas (context, identity) WHERE NOT imported;
CREATE TABLE versions (
    context text NOT NULL,
    subject text NOT NULL,
    version integer NOT NULL,
    id      bigint NOT NULL,
    deleted boolean NOT NULL,
    ts      bigint NOT NULL,
    PRIMARY KEY (context, subject, version),
    FOREIGN KEY (context, id) REFERENCES schemas DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX versions_by_id ON versions (context, id);
-- Configurations and modes by scope, associations by guid.
CREATE TABLE settings (
    kind  text NOT NULL,
    key   text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (kind, key)
);

-- Appends a batch if the log ends at (after_seq, after_batch): gives one row without a body. Else gives what the log has from
-- there on and stores nothing. One call is one transaction, so the lock on the head is held for no round trip.
CREATE FUNCTION append(
    after_seq bigint, after_batch uuid, new_batch uuid, bodies text[],
    gone_contexts text[], gone_ids bigint[],
    gone_version_contexts text[], gone_subjects text[], gone_numbers integer[],
    context_names text[], next_ids bigint[], listeds boolean[],
    schema_contexts text[], schema_ids bigint[], identities uuid[], formats text[], texts text[], refses text[],
    metadatas text[], ruleses text[], importeds boolean[],
    version_contexts text[], subjects text[], numbers integer[], version_ids bigint[], deleteds boolean[], tses bigint[],
    setting_kinds text[], setting_keys text[], setting_values text[]
) RETURNS TABLE (entry_seq bigint, entry_batch uuid, entry_body text) LANGUAGE plpgsql AS $$
DECLARE
    at_seq bigint; at_batch uuid; alarm text; last_seq bigint; touched bigint;
BEGIN
    SELECT seq, batch, lost INTO at_seq, at_batch, alarm FROM head FOR UPDATE;
    IF alarm IS NOT NULL THEN
        RAISE EXCEPTION '%', alarm USING ERRCODE = 'EP001';
    END IF;
    IF at_seq <> after_seq OR at_batch <> after_batch THEN
        RETURN QUERY SELECT c.seq, c.batch, c.body FROM changes c WHERE c.seq >= after_seq ORDER BY c.seq LIMIT 1000;
        RETURN;
    END IF;
    last_seq := after_seq + cardinality(bodies);
    INSERT INTO changes (seq, batch, body)
        SELECT after_seq + n, new_batch, b FROM unnest(bodies) WITH ORDINALITY AS t (b, n);

    DELETE FROM versions v USING unnest(gone_version_contexts, gone_subjects, gone_numbers) AS g (c, s, n)
        WHERE v.context = g.c AND v.subject = g.s AND v.version = g.n;
    DELETE FROM schemas s USING unnest(gone_contexts, gone_ids) AS g (c, i) WHERE s.context = g.c AND s.id = g.i;
    INSERT INTO contexts AS c SELECT * FROM unnest(context_names, next_ids, listeds)
        ON CONFLICT (context) DO UPDATE SET next_id = excluded.next_id, listed = excluded.listed
        WHERE c.next_id <= excluded.next_id;
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched <> cardinality(context_names) THEN
        RAISE EXCEPTION 'the counter of a context would go back' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO schemas SELECT * FROM unnest(
        schema_contexts, schema_ids, identities, formats, texts, refses, metadatas, ruleses, importeds);
    INSERT INTO versions SELECT * FROM unnest(version_contexts, subjects, numbers, version_ids, deleteds, tses)
        ON CONFLICT (context, subject, version) DO UPDATE SET id = excluded.id, deleted = excluded.deleted, ts = excluded.ts;
    DELETE FROM settings s USING unnest(setting_kinds, setting_keys, setting_values) AS g (k, y, v)
        WHERE g.v IS NULL AND s.kind = g.k AND s.key = g.y;
    INSERT INTO settings SELECT * FROM unnest(setting_kinds, setting_keys, setting_values) AS g (k, y, v) WHERE g.v IS NOT NULL
        ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value;

    UPDATE head SET seq = last_seq, batch = new_batch;
    PERFORM pg_notify('eventpact ' || current_schema(), last_seq::text);
    RETURN QUERY SELECT last_seq, new_batch, NULL::text;
END $$;

-- Takes the head until the end of the transaction and gives what the log has from this number on.
CREATE FUNCTION lock_head(from_seq bigint)
RETURNS TABLE (entry_seq bigint, entry_batch uuid, entry_body text) LANGUAGE plpgsql AS $$
DECLARE
    alarm text;
BEGIN
    SELECT lost INTO alarm FROM head FOR UPDATE;
    IF alarm IS NOT NULL THEN
        RAISE EXCEPTION '%', alarm USING ERRCODE = 'EP001';
    END IF;
    RETURN QUERY SELECT c.seq, c.batch, c.body FROM changes c WHERE c.seq >= from_seq ORDER BY c.seq;
END $$;

-- For people: acknowledged writes are lost, and the registry shall go on without them.
CREATE FUNCTION accept_loss() RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE head SET epoch = epoch + 1, lost = NULL WHERE lost IS NOT NULL
$$;
