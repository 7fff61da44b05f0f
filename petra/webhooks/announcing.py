"""Tells listeners of new events: PostgreSQL sends one NOTIFY per event when its transaction commits."""

CHANNEL = "petra_events"

# The payload is `<workspace id>:<event id>`: ids only, so a listener learns nothing it may not read.
TRIGGER = """
create or replace function petra_announce_event() returns trigger language plpgsql as $$
begin
  perform pg_notify('petra_events', new.workspace_id || ':' || new.id);
  return null;
end $$;
drop trigger if exists announce on webhooks_event;
create trigger announce after insert on webhooks_event for each row execute function petra_announce_event();
"""
