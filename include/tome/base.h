/* What every public header needs: visibility, the types they share, the version. */
#ifndef TOME_BASE_H
#define TOME_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(TOME_STATIC)
#define TOME_API
#elif defined(_WIN32) && defined(TOME_BUILDING)
#define TOME_API __declspec(dllexport)
#elif defined(_WIN32)
#define TOME_API __declspec(dllimport)
#else
#define TOME_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
#define TOME_BEGIN_DECLS extern "C" {
#define TOME_END_DECLS }
#else
#define TOME_BEGIN_DECLS
#define TOME_END_DECLS
#endif

#define TOME_VERSION_MAJOR 0
#define TOME_VERSION_MINOR 1
#define TOME_VERSION_PATCH 0
#define TOME_VERSION "0.1.0"

/** As a length or an end: up to the end of the map, wherever that is. */
#define TOME_END UINT64_MAX

TOME_BEGIN_DECLS

/** A file (or a part of one, or shared memory) opened as memory. Opaque. */
typedef struct tome tome;

/** Bytes [offset, offset + length) of a map. */
typedef struct tome_range {
  uint64_t offset;
  uint64_t length;
} tome_range;

/** The version of the library that is running, such as "0.1.0".
 *  @return a static string. Since 0.1. */
TOME_API const char *tome_version(void);

TOME_END_DECLS

#endif
