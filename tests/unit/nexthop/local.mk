# Unit tests of nexthop.
if HAVE_CMOCKA
nexthop_tests = tests/unit/nexthop/decision_test tests/unit/nexthop/evidence_test
check_PROGRAMS += $(nexthop_tests)
TESTS += $(nexthop_tests)
tests_unit_nexthop_decision_test_SOURCES = tests/unit/nexthop/decision_test.c
tests_unit_nexthop_decision_test_LDADD = $(unit_ldadd)
tests_unit_nexthop_evidence_test_SOURCES = tests/unit/nexthop/evidence_test.c
tests_unit_nexthop_evidence_test_LDADD = $(unit_ldadd)
endif
