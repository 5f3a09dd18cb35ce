# QuickJS's parsers and proxies recurse through frames so thin on its shadow stack that the
# machine's stack ends first (see stack.h). Each gets STACK_PADDING, and none may be missing:
# another version of QuickJS could have it under another name.

BEGIN {
    if (file == "libregexp.c") list = "re_parse_disjunction re_parse_nested_class"
    else list = "js_parse_assign_expr2 js_parse_unary js_parse_postfix_expr js_parse_statement_or_decl " \
        "js_parse_destructuring_element js_proxy_has js_proxy_get js_proxy_set js_proxy_get_own_property " \
        "js_proxy_define_own_property js_proxy_delete_property js_proxy_get_own_property_names " \
        "js_proxy_call js_proxy_call_constructor js_proxy_getPrototypeOf js_proxy_setPrototypeOf " \
        "js_proxy_isExtensible js_proxy_preventExtensions"
    wanted = split(list, names, " ")
    for (i in names) padded[names[i]] = 1
}

/^static / {
    name = $0
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    found = name in padded
}

# A declaration, no definition.
/;[ \t]*$/ { found = 0 }

/^\{/ && found { print "{ STACK_PADDING;"; done++; found = 0; next }

{ print }

END {
    if (done != wanted) {
        print "stack.awk: " file " has " done + 0 " of " wanted " functions" > "/dev/stderr"
        exit 1
    }
}
