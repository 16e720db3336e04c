/* The default options. */
#include "train/options.h"

struct train_options train_defaults(void)
{
    return (struct train_options){.optimizer = OPTIMIZER_ADAM,
                                  .lr = 1e-3,
                                  .beta1 = 0.9,
                                  .beta2 = 0.999,
                                  .eps = 1e-8,
                                  .momentum = 0.9,
                                  .schedule = SCHEDULE_CONSTANT,
                                  .warmup = TRAIN_WARMUP_TENTH,
                                  .epochs = 10,
                                  .batch = 128,
                                  .ratio = 4,
                                  .threshold = 0.95,
                                  .lambda = 1};
}
