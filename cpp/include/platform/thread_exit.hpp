// Calls through which a thread may come back to an interpreter that exits.
//
// Up to 3.13 CPython ends a daemon thread that does so by pthread_exit, which in glibc unwinds the thread's frames as
// an exception does. Our frames must not be: not all of them let that through, and what they would release they would
// release without the GIL, or, where there is none, detached from the interpreter, which crashes. The thread is parked
// instead, as CPython does itself since 3.14. Elsewhere a thread ends without unwinding.
#pragma once

#include <cstddef>  // which says whose the libraries are

#ifdef __GLIBC__
#include <unistd.h>

#ifdef __GLIBCXX__
#include <cxxabi.h>
#else
#include <exception>
#endif
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
#elif defined(__GLIBC__)
// To libc++ it is an exception of another language, which has no pointer.
template <class Call>
decltype(auto) parked_at_exit(Call&& call) {
  try {
    return call();
  } catch (...) {
    if (std::current_exception() != nullptr) throw;
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
