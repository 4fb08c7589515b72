# promise: all of a JSON text is checked, surrogates stand in pairs (NOTES of base/json.h)
# file: src/base/json_string.c
# test: unit/test_json
/^unicode_escape(/,/^}/ s/if (low < 0xdc00 || low > 0xdfff)/if (low < 0xdc00)/
