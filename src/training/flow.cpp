// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/flow.hpp"

#include <cmath>

#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/generation.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace odeint = boost::numeric::odeint;

GradientFlow::GradientFlow(const FiniteNetwork& shape, const Architecture& architecture, const TrainingData& data, Loss loss, Reduction reduction, const TrainedParameters& parameters, double tolerance)
    : gradient_(shape, loss, reduction, parameters.output_scale, data), mobility_(parameter_scales(shape, architecture, parameters.kind)), tolerance_(tolerance) {
  const double gamma = parameters.output_scale;
  for (double& m : mobility_) m *= m * gamma * gamma;
}

void GradientFlow::follow(std::vector<double> start, std::span<const double> times, const std::function<void(std::size_t, const std::vector<double>&)>& see, const Budget& budget) {
  using State = std::vector<double>;
  auto stepper = odeint::make_controlled(tolerance_, tolerance_, odeint::runge_kutta_dopri5<State>());
  const auto right_side = [&](const State& w, State& dw, double) {
    gradient_.at(w, dw.data());
    for (std::size_t k = 0; k < dw.size(); ++k) dw[k] *= -mobility_[k];
  };
  double t = 0, step = 0;
  for (std::size_t k = 0; k < times.size(); ++k) {
    if (!(times[k] >= t) || !std::isfinite(times[k])) throw UsageError("gradient flow: time " + short_text(times[k]) + "; times are increasing, from 0 on");
    if (step == 0) step = 0.01 * times[k];
    while (t < times[k]) {
      budget.check();
      double trial = std::min(step, times[k] - t);
      const bool cut = trial < step;
      const double before = t;
      if (stepper.try_step(right_side, start, t, trial) == odeint::fail) {
        if (!(trial > 1e-14 * (1 + t))) throw NotReached("gradient flow: the step has shrunk to nothing at time " + short_text(t) + "; the loss is too steep there, or no number");
        step = trial;
        continue;
      }
      if (!cut || trial < step) step = trial;
      if (cut) t = times[k];
      if (t == before) throw NotReached("gradient flow: the step has shrunk to nothing at time " + short_text(t));
    }
    see(k, start);
  }
}

}  // namespace infwidth
