// A call stack of its own on this thread, so that a blocking call in production code can take virtual time: it suspends
// in the middle and is resumed when its moment has come, without threads and so in one order.
//
// A fiber that is destroyed before it has ended (the service died) is unwound: its suspension throws Abandoned, and
// everything on its stack is destroyed. Not to be suspended within a catch block.
#pragma once

#include <ucontext.h>

#include <functional>
#include <memory>

namespace holdfast::sim {

class Fiber {
 public:
  struct Abandoned {};

  explicit Fiber(std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;

  // Runs it until it suspends or ends. Not from within a fiber.
  void resume();
  bool ended() const { return ended_; }
  static bool inside() { return current_ != nullptr; }
  // Back to who resumed it.
  static void suspend();

 private:
  static constexpr size_t kStack = 256 * 1024;
  static void enter(unsigned high, unsigned low);
  void run();
  void switch_in();
  void switch_out(bool for_good);

  static Fiber* current_;
  std::function<void()> body_;
  std::unique_ptr<char[]> stack_;
  ucontext_t context_{};
  ucontext_t back_{};
  bool begun_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  // For AddressSanitizer, which must be told of every change of stack.
  void* own_shadow_ = nullptr;
  void* back_shadow_ = nullptr;
  const void* back_stack_ = nullptr;
  size_t back_size_ = 0;
};

}  // namespace holdfast::sim
