from django.db import migrations

# The words of an intention and of both titles, and what searches filter by: `relation=usedFor` can't come out of a
# text, whose words have no equals sign. ` the ` keeps phrases from running over from one text into the next. `block`
# is that of Intention.BLOCK: see knowledge/search.py. Very long texts are cut: a tsvector has a limit, and
# no insert shall fail for its search.
FORWARD = """
ALTER TABLE distillation_intention ADD COLUMN search tsvector;

CREATE FUNCTION distillation_intention_search() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- A product that gets another title or category: its intentions are written anew, as they stand.
CREATE FUNCTION distillation_product_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE distillation_intention SET text = text
    WHERE cobuy_id IN (SELECT id FROM distillation_cobuy WHERE a_id = NEW.id OR b_id = NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER product_search AFTER UPDATE OF title, category ON distillation_product FOR EACH ROW
WHEN (OLD.title IS DISTINCT FROM NEW.title OR OLD.category IS DISTINCT FROM NEW.category)
EXECUTE FUNCTION distillation_product_search();

UPDATE distillation_intention SET text = text;
"""
# What was inserted last waits in a list that every search reads: kept short.
INDEX = """
CREATE INDEX intention_search ON distillation_intention USING gin (search) WITH (gin_pending_list_limit = 256);
"""
BACK = """
DROP TRIGGER product_search ON distillation_product;
DROP FUNCTION distillation_product_search();
DROP TRIGGER intention_search ON distillation_intention;
DROP FUNCTION distillation_intention_search();
ALTER TABLE distillation_intention DROP COLUMN search;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("distillation", "0004_product_title_search"),
    ]

    operations = [
        # As lists: taken as they stand, not split at the semicolons inside of the functions.
        migrations.RunSQL([FORWARD], [BACK]),
        migrations.RunSQL([INDEX], ["DROP INDEX intention_search"]),
    ]
