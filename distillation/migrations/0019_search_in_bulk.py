from django.db import migrations

# The words of a co-buy's titles are the same for all its intentions, so that an import can have them once for all, and
# rows that bring their words along are let be. Where rows come one by one, what waits in the index is kept short, as
# every search reads it; a bulk load, which empties the list at its end, may let more wait: 4 MB, and merged in a third
# of the time. So the limit is said by the trigger and no longer by the index, which no statement could overrule. The
# functions are stable, not immutable, so that PostgreSQL writes them into the statement: joining of texts is no more.
FORWARD = """
ALTER INDEX intention_search RESET (gin_pending_list_limit);

CREATE FUNCTION distillation_cobuy_words(title_a text, title_b text, category_a text, category_b text)
RETURNS tsvector LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('english'::regconfig, concat_ws(' the ', '', left(title_a, 5000), left(title_b, 5000)))
        || array_to_tsvector(ARRAY['category=' || coalesce(category_a, ''), 'category=' || coalesce(category_b, '')])
$$;

CREATE FUNCTION distillation_place_words(intention bigint, run bigint, relation text)
RETURNS tsvector LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY['relation=' || relation, 'run=' || run, 'block=' || intention / 8192])
$$;

CREATE OR REPLACE FUNCTION distillation_intention_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('gin_pending_list_limit', '256', true);
    SELECT to_tsvector('english'::regconfig, left(NEW.text, 50000))
        || distillation_cobuy_words(a.title, b.title, a.category, b.category)
        || distillation_place_words(NEW.id, NEW.run_id, NEW.relation)
    INTO NEW.search
    FROM (VALUES (NEW.cobuy_id)) asked (cobuy)
    LEFT JOIN distillation_cobuy c ON c.id = asked.cobuy
    LEFT JOIN distillation_product a ON a.id = c.a_id
    LEFT JOIN distillation_product b ON b.id = c.b_id;
    RETURN NEW;
END $$;

DROP TRIGGER intention_search ON distillation_intention;
CREATE TRIGGER intention_search BEFORE INSERT ON distillation_intention FOR EACH ROW
WHEN (NEW.search IS NULL) EXECUTE FUNCTION distillation_intention_search();
CREATE TRIGGER intention_search_again BEFORE UPDATE OF text, relation, run_id, cobuy_id
ON distillation_intention FOR EACH ROW EXECUTE FUNCTION distillation_intention_search();
"""
BACK = """
DROP TRIGGER intention_search_again ON distillation_intention;
DROP TRIGGER intention_search ON distillation_intention;

CREATE OR REPLACE FUNCTION distillation_intention_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT to_tsvector('english'::regconfig,
                       concat_ws(' the ', left(NEW.text, 50000), left(a.title, 5000), left(b.title, 5000)))
        || array_to_tsvector(ARRAY['relation=' || NEW.relation, 'run=' || NEW.run_id, 'block=' || NEW.id / 8192,
                                   'category=' || coalesce(a.category, ''), 'category=' || coalesce(b.category, '')])
    INTO NEW.search
    FROM (VALUES (NEW.cobuy_id)) asked (cobuy)
    LEFT JOIN distillation_cobuy c ON c.id = asked.cobuy
    LEFT JOIN distillation_product a ON a.id = c.a_id
    LEFT JOIN distillation_product b ON b.id = c.b_id;
    RETURN NEW;
END $$;

CREATE TRIGGER intention_search BEFORE INSERT OR UPDATE OF text, relation, run_id, cobuy_id
ON distillation_intention FOR EACH ROW EXECUTE FUNCTION distillation_intention_search();

DROP FUNCTION distillation_place_words(bigint, bigint, text);
DROP FUNCTION distillation_cobuy_words(text, text, text, text);
ALTER INDEX intention_search SET (gin_pending_list_limit = 256);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("distillation", "0018_tidying"),
    ]

    operations = [
        migrations.RunSQL([FORWARD], [BACK]),
    ]
