-- Likeness of words, for the search.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Whoever follows the events of all services hears when some have come; what they are, he reads from the log.
CREATE FUNCTION ring_timeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('timeline', '');
    RETURN NULL;
END $$;

CREATE TRIGGER inbox_rings AFTER INSERT ON inbox FOR EACH STATEMENT EXECUTE FUNCTION ring_timeline();
CREATE TRIGGER events_ring AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION ring_timeline();
