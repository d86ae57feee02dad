-- Layout 2: who fetched what. Every entry of the log from here on says who made it.
CREATE TABLE usage (
    context   text NOT NULL,
    subject   text NOT NULL,
    id        bigint NOT NULL,
    how       text NOT NULL,
    principal text NOT NULL,
    agent     text NOT NULL,
    address   text NOT NULL,
    count     bigint NOT NULL,
    first     bigint NOT NULL,
    last      bigint NOT NULL,
    PRIMARY KEY (context, subject, id, how, principal, agent, address)
);
CREATE INDEX usage_by_last ON usage (last);
CREATE INDEX usage_by_id ON usage (id, last);
UPDATE head SET layout = 2;
