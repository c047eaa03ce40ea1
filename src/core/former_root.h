// The root of an image that the document names no more. It names another only while it does not persist the root; what
// is left of the former one is no copy of what is persisted once it is again, and does not start as that image does.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// Before the facts of the document's image are replaced.
void note_image_changed(Draft& draft, const ImageId& wanted);
// The instance has ended: its root goes on only if it is of the document's image.
void leave_former_root(Draft& draft);

}  // namespace holdfast::core
