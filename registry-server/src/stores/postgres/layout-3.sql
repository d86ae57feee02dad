-- Layout 3: the old part of the log can be let go. The functions are called as before, so that servers of layout 2 go on meanwhile.
ALTER TABLE head
    -- The log begins after this number. A server that stands before it loads the tables again.
    ADD COLUMN trimmed bigint NOT NULL DEFAULT 0,
    -- So many entries are kept at least, and all that are younger than this; all of them where nothing is said, because the audit
    -- log is in the same rows.
    ADD COLUMN keep bigint CHECK (keep > 0),
    ADD COLUMN keep_for interval NOT NULL DEFAULT '1 minute';

-- Appends a batch if the log ends at (after_seq, after_batch): gives one row without a body. Else gives what the log has from
-- there on and stores nothing. One call is one transaction, so the lock on the head is held for no round trip.
CREATE OR REPLACE FUNCTION append(
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
    log_start bigint; keep_most bigint; keep_age interval; cut bigint;
BEGIN
    SELECT seq, batch, lost, trimmed, keep, keep_for INTO at_seq, at_batch, alarm, log_start, keep_most, keep_age
        FROM head FOR UPDATE;
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

    -- Only where somebody has said how much to keep. A hundred entries at a time, so that most calls have nothing to trim; a thousand at most, so that no call takes long.
    cut := least(last_seq - keep_most, log_start + 1000);
    IF keep_most IS NULL OR cut < log_start + 100 OR (SELECT at FROM changes WHERE seq = cut) > now() - keep_age THEN
        cut := log_start;
    ELSE
        DELETE FROM changes WHERE seq <= cut;
    END IF;
    UPDATE head SET seq = last_seq, batch = new_batch, trimmed = cut;
    PERFORM pg_notify('eventpact ' || current_schema(), last_seq::text);
    RETURN QUERY SELECT last_seq, new_batch, NULL::text;
END $$;

UPDATE head SET layout = 3;
