#include "base/base.h"
#include "tests/unit/base/groups.h"

static const struct syc_field fields[] = {
    {"gap_count", SYC_INT, false, ""},
    {"gap_median_ms", SYC_REAL, true, ""},
    {"ports", SYC_LIST, true, ""},
};
static const struct syc_schema schema = {"source", fields, 3};

static void
a_field_is_found_by_its_exact_name(void **state)
{
    assert_int_equal(syc_schema_find(&schema, "gap_median_ms", 13), 1);
    assert_int_equal(syc_schema_find(&schema, "ports|contains", 5), 2);
    assert_int_equal(syc_schema_find(&schema, "gap_median_ms", 12), -1);
    assert_int_equal(syc_schema_find(&schema, "Ports", 5), -1);
    assert_int_equal(syc_schema_find(&schema, "", 0), -1);
}

static void
a_misspelled_name_leads_to_the_nearest_field(void **state)
{
    assert_ptr_equal(syc_schema_nearest(&schema, "gap_cuont"), &fields[0]);
    assert_ptr_equal(syc_schema_nearest(&schema, "gap_median"), &fields[1]); /* 3 letters short */
    assert_ptr_equal(syc_schema_nearest(&schema, "port"), &fields[2]);
    assert_null(syc_schema_nearest(&schema, "user_agent"));
}

int
test_value_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_found_by_its_exact_name),
        cmocka_unit_test(a_misspelled_name_leads_to_the_nearest_field),
    };

    return cmocka_run_group_tests_name("base/value", tests, NULL, NULL);
}
