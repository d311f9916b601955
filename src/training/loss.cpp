// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/loss.hpp"

#include <string>

#include "infwidth/real/errors.hpp"

namespace infwidth {

std::size_t outputs_for(Loss loss, const TrainingData& data) {
  if (loss == Loss::squared) {
    if (data.targets.empty() || data.targets.size() != data.points * data.outputs) throw UsageError("the squared loss needs targets, and these data have none; take cross-entropy, or give targets");
    return data.outputs;
  }
  if (data.labels.size() != data.points || data.classes < 2) throw UsageError("a loss that classifies needs labels, and these data have none; take the squared loss");
  if (loss == Loss::cross_entropy) return data.classes;
  if (data.classes != 2) throw UsageError("the logistic loss tells two classes apart, and there are " + std::to_string(data.classes) + "; take cross-entropy");
  return 1;
}

}  // namespace infwidth
