/* What a real system does and an emulator may not, found out by trying. Each is about the system alone: the library is not
 * asked. */
#ifndef EMULATOR_LIMITS_H
#define EMULATOR_LIMITS_H

/** A file that is cut inside a page ends with zeros there, and what a mapping has behind its end is there as soon as the
 *  file is. An emulator with larger pages than its host does neither: its files end in the host's pages. */
int pages_are_whole(void);
#define needs_whole_pages()                                                                        \
  do {                                                                                             \
    if (!pages_are_whole())                                                                        \
      skip_because("these pages are made of smaller ones, in which files end");                    \
  } while (0)

/** One call writes at the end of a file, whoever else does, through any descriptor. */
int writes_at_end(void);
#define needs_writes_at_end()                                                                      \
  do {                                                                                             \
    if (!writes_at_end())                                                                          \
      skip_because("this system has no call that appends through any descriptor");                 \
  } while (0)

/** Pages can be locked from the moment on when they come in. */
int locks_on_fault(void);
/** Advice about memory is followed, or refused. */
int follows_advice(void);
#define needs_followed_advice()                                                                    \
  do {                                                                                             \
    if (!follows_advice())                                                                         \
      skip_because("this system follows no advice, and reads around what is touched");             \
  } while (0)
/** /proc/self/pagemap tells of this program's pages, in its byte order, and not of its emulator's. */
int tells_own_pages(void);
/** What a store makes present of memory that is shared is the page that it lies in, and no more. */
int maps_single_pages(void);
/** A limit of the address space is kept, from the moment on when it is set. Changes nothing. */
int keeps_address_limit(void);
#define needs_address_limit()                                                                      \
  do {                                                                                             \
    if (!keeps_address_limit())                                                                    \
      skip_because("this system does not keep to a limit of the address space");                   \
  } while (0)
/** A program can start itself anew. An emulator cannot, if the system does not know that its programs are for it. */
int starts_itself(void);
#define needs_to_start_itself()                                                                    \
  do {                                                                                             \
    if (!starts_itself())                                                                          \
      skip_because("this system cannot start the program that it runs");                           \
  } while (0)

/** Who touches a view that is just being replaced waits for it. Wine says that it is Wine. */
int replaces_views_at_once(void);
#define needs_views_replaced_at_once()                                                             \
  do {                                                                                             \
    if (!replaces_views_at_once())                                                                 \
      skip_because("Wine shows zeros while a view is replaced, as it is when a file grows");       \
  } while (0)

/** A signal that a process sends itself may say that it is about a misaligned access. */
int sends_any_signal(void);

#endif
