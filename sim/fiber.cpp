#include "sim/fiber.h"

#include <cstdint>
#include <vector>

#include "base/check.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace holdfast::sim {

namespace {

// Stacks are used again: a run makes millions of fibers, a few at a time.
std::vector<std::unique_ptr<char[]>>& spare_stacks() {
  static std::vector<std::unique_ptr<char[]>> stacks;
  return stacks;
}

}  // namespace

Fiber* Fiber::current_ = nullptr;

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)) {
  auto& spare = spare_stacks();
  if (spare.empty()) {
    stack_.reset(new char[kStack]);
  } else {
    stack_ = std::move(spare.back());
    spare.pop_back();
  }
}

Fiber::~Fiber() {
  if (begun_ && !ended_) {
    abandoned_ = true;
    resume();
    CHECK(ended_);
  }
  spare_stacks().push_back(std::move(stack_));
}

void Fiber::resume() {
  CHECK(current_ == nullptr && !ended_);
  if (!begun_) {
    begun_ = true;
    CHECK(getcontext(&context_) == 0);
    context_.uc_stack.ss_sp = stack_.get();
    context_.uc_stack.ss_size = kStack;
    context_.uc_link = nullptr;
    auto self = reinterpret_cast<uintptr_t>(this);
    makecontext(&context_, reinterpret_cast<void (*)()>(&Fiber::enter), 2, static_cast<unsigned>(self >> 32),
                static_cast<unsigned>(self & 0xffffffffu));
  }
  current_ = this;
  switch_in();
  current_ = nullptr;
}

void Fiber::switch_in() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&back_shadow_, stack_.get(), kStack);
#endif
  CHECK(swapcontext(&back_, &context_) == 0);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(back_shadow_, nullptr, nullptr);
#endif
}

void Fiber::switch_out(bool for_good) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(for_good ? nullptr : &own_shadow_, back_stack_, back_size_);
#else
  (void)for_good;
#endif
  CHECK(swapcontext(&context_, &back_) == 0);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(own_shadow_, &back_stack_, &back_size_);
#endif
}

void Fiber::enter(unsigned high, unsigned low) {
  auto* self = reinterpret_cast<Fiber*>((static_cast<uintptr_t>(high) << 32) | low);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(nullptr, &self->back_stack_, &self->back_size_);
#endif
  self->run();
  self->ended_ = true;
  self->switch_out(true);
}

void Fiber::run() {
  try {
    body_();
  } catch (const Abandoned&) {
    // Unwound: nothing of it is left.
  }
  body_ = nullptr;
}

void Fiber::suspend() {
  Fiber* self = current_;
  CHECK(self != nullptr);
  self->switch_out(false);
  if (self->abandoned_) throw Abandoned{};
}

}  // namespace holdfast::sim
