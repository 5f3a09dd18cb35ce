/*
 * What a C block of a workbook may take and answer beside numbers.
 *
 * Each type here lies in memory as the component model's canonical ABI has it, so nothing is copied
 * on the way in or out. A block's own structs of numbers and of these types are records.
 *
 *   #include <workbooks.h>
 *
 *   double mean(wb_list_f64 xs)
 *   {
 *       double sum = 0;
 *       for (size_t i = 0; i < xs.len; i++) sum += xs.ptr[i];
 *       return xs.len ? sum / xs.len : 0;
 *   }
 *
 * What comes in belongs to the block: it may be changed, kept or freed. So does what is answered:
 * it must not be on the stack of a function that has ended. Nothing need be freed, as every call of
 * a block has an instance of its own.
 */
#ifndef WORKBOOKS_H
#define WORKBOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Elements of type T: list<T>. A list is a struct of a pointer `ptr` and a `size_t len`. */
#define WB_LIST(name, T)                                                                           \
    typedef struct {                                                                               \
        T *ptr;                                                                                    \
        size_t len;                                                                                \
    } name

/* A T, or nothing: option<T>. */
#define WB_OPTION(name, T)                                                                         \
    typedef struct {                                                                               \
        bool is_some;                                                                              \
        T value;                                                                                   \
    } name

/* A T, or an error of type E: result<T, E>. */
#define WB_RESULT(name, T, E)                                                                      \
    typedef struct {                                                                               \
        bool is_err;                                                                               \
        union {                                                                                    \
            T ok;                                                                                  \
            E err;                                                                                 \
        } value;                                                                                   \
    } name

/* A character: char. */
typedef uint32_t wb_char;

/* A string of `len` bytes of UTF-8. One that comes in has a NUL after them. */
typedef struct {
    char *ptr;
    size_t len;
} wb_string;

WB_LIST(wb_list_bool, bool);
WB_LIST(wb_list_s8, int8_t);
WB_LIST(wb_list_u8, uint8_t);
WB_LIST(wb_list_s16, int16_t);
WB_LIST(wb_list_u16, uint16_t);
WB_LIST(wb_list_s32, int32_t);
WB_LIST(wb_list_u32, uint32_t);
WB_LIST(wb_list_s64, int64_t);
WB_LIST(wb_list_u64, uint64_t);
WB_LIST(wb_list_f32, float);
WB_LIST(wb_list_f64, double);
WB_LIST(wb_list_char, wb_char);
WB_LIST(wb_list_string, wb_string);

/* Room for `count` elements of `size` bytes, all nought. Without memory for it the block ends. */
static inline void *wb_alloc(size_t count, size_t size)
{
    void *room = calloc(count ? count : 1, size ? size : 1);
    if (!room) abort();
    return room;
}

/* A list of that type with room for `count` elements: wb_list_f64 ys = WB_NEW(wb_list_f64, n); */
#define WB_NEW(list, count) ((list){wb_alloc((count), sizeof(*((list *)0)->ptr)), (count)})

/* The text of a C string, in place. */
static inline wb_string wb_string_of(const char *text)
{
    return (wb_string){(char *)text, strlen(text)};
}

/* Whether two strings are the same. */
static inline bool wb_string_equal(wb_string a, wb_string b)
{
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

#endif
