// Calls through which a thread may come back to an interpreter that exits.
//
// Up to 3.13 CPython ends a daemon thread that does so by pthread_exit, which in glibc unwinds the thread's frames as
// an exception does. Our frames must not be: not all of them let that through, and what they would release they would
// release without the GIL, or, where there is none, detached from the interpreter, which crashes. The thread is parked
// instead, as CPython does itself since 3.14. On other systems a thread ends without unwinding; and where LLVM's C++
// library lies on glibc, whose unwinder is another one than its own, nothing can be caught.
#pragma once

#include <cstddef>  // which says whose the libraries are

#if defined(__GLIBC__) && defined(__GLIBCXX__)
#include <cxxabi.h>
#include <unistd.h>
#endif

namespace platform {

#if defined(__GLIBC__) && defined(__GLIBCXX__)
// What is caught has no object, which UndefinedBehaviorSanitizer takes for a reference to null.
template <class Call>
__attribute__((no_sanitize("undefined"))) decltype(auto) parked_at_exit(Call&& call) {
  try {
    return call();
  } catch (abi::__forced_unwind&) {
    while (true) ::pause();
  }
}
#else
template <class Call>
decltype(auto) parked_at_exit(Call&& call) {
  return call();
}
#endif

}  // namespace platform
