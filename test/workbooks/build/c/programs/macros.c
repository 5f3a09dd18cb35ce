/* The preprocessor: arguments, pasting, making strings, variadic macros, conditions. */
#include <stdio.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define SAY(format, ...) printf("say: " format "\n", __VA_ARGS__)
#define COLORS(X) X(red, 1) X(green, 2) X(blue, 4)
#define AS_ENUM(name, value) name = value,
#define AS_CASE(name, value) case name: return #name;
#define VERSION 12

enum color { COLORS(AS_ENUM) };

static const char *name(enum color c)
{
    switch (c) { COLORS(AS_CASE) }
    return "?";
}

int main(void)
{
    int JOIN(value, VERSION) = 7;
    printf("%d %s %s\n", value12, TEXT(VERSION), TEXT_(VERSION));
    SAY("%d and %s", MAX(3, 4), "more");
    printf("%s %s %s\n", name(red), name(blue), name((enum color)9));
#if VERSION > 10 && !defined(NOTHING)
    puts("new");
#elif VERSION == 10
    puts("ten");
#else
    puts("old");
#endif
#undef VERSION
#ifdef VERSION
    puts("still there");
#endif
    printf("%d %s\n", __LINE__, __func__);
#line 1000 "elsewhere.c"
    printf("%d %s\n", __LINE__, __FILE__);
    return 0;
}
