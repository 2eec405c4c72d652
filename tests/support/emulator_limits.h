/* What a real system does and an emulator may not, found out by trying. Each is about the system alone: the library is not
 * asked. */
#ifndef EMULATOR_LIMITS_H
#define EMULATOR_LIMITS_H

#include <stddef.h>

/** A file that is cut inside a page ends with zeros there, and what a mapping has behind its end is there as soon as the
 *  file is. An emulator with larger pages than its host does neither: its files end in the host's pages. */
int pages_are_whole(void);
#define needs_whole_pages()                                                                        \
  skip_unless(pages_are_whole(), "these pages are made of smaller ones, in which files end")
/** What of a file's last page lies behind its end is like the rest of it: it can be locked, and others who have it mapped see
 *  what is stored there. */
int last_pages_are_whole(void);
#define needs_whole_last_pages()                                                                   \
  skip_unless(last_pages_are_whole(),                                                              \
              "in the emulator a page is several of the system's, and files end in those")
/** The pages that files are made of, at whose borders a kill may stop a write. */
size_t page_of_files(void);

/** One call writes at the end of a file, whoever else does, through any descriptor. */
int writes_at_end(void);
#define needs_writes_at_end()                                                                      \
  skip_unless(writes_at_end(), "this system has no call that appends through any descriptor")

/** Pages can be locked from the moment on when they come in. */
int locks_on_fault(void);
/** Advice about memory is followed, or refused. */
int follows_advice(void);
#define needs_followed_advice()                                                                    \
  skip_unless(follows_advice(), "this system follows no advice, and reads around what is touched")
/** /proc/self/pagemap tells of this program's pages, in its byte order, and not of its emulator's. */
int tells_own_pages(void);
/** What a store makes present of memory that is shared is the page that it lies in, and no more. */
int maps_single_pages(void);
/** A limit of the address space is kept, from the moment on when it is set. Changes nothing. */
int keeps_address_limit(void);
#define needs_address_limit()                                                                      \
  skip_unless(keeps_address_limit(), "this system does not keep to a limit of the address space")
/** A program can start itself anew. An emulator cannot, if the system does not know that its programs are for it. */
int starts_itself(void);
#define needs_to_start_itself()                                                                    \
  skip_unless(starts_itself(), "this system cannot start the program that it runs")

/** Who touches a view that is just being replaced waits for it. Wine says that it is Wine. */
int replaces_views_at_once(void);
#define needs_views_replaced_at_once()                                                             \
  skip_unless(replaces_views_at_once(),                                                            \
              "Wine shows zeros while a view is replaced, as it is when a file grows")

/** A signal that a process sends itself may say that it is about a misaligned access. */
int sends_any_signal(void);
/** While a handler runs, those signals are blocked that its installation named. qemu 7.2 looks for them
 *  in the wrong place on RISC-V. */
int masks_signals_as_told(void);
#define needs_signals_masked_as_told()                                                             \
  skip_unless(masks_signals_as_told(), "in the emulator a mask is whatever lay beside it")

#endif
