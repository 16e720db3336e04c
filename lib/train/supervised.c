/* The labels of the images. */
#include "train/supervised.h"

#include "eval/infer.h"
#include "train/criterion.h"

const uint8_t *supervised_image(const struct trainer *t, int thread, uint64_t number)
{
    (void)thread;
    return t->data->images + number * dataset_stride(t->data);
}

int supervised_label(const struct trainer *t, uint64_t number)
{
    return t->data->label[number];
}

static void input(struct trainer *t, int thread, int sample, uint64_t at)
{
    uint64_t number = trainer_sample(t, at);

    if (t->augments.n)
        engine_set_image(t->engine, thread, sample, trainer_augment(t, thread, number), t->table);
    else
        trainer_set_input(t, thread, sample, number);
}

static void loss(const struct trainer *t, uint64_t at, const float *logits, float *grad,
                 struct tally *tally)
{
    criterion_add_image(t, trainer_sample(t, at), logits, grad, tally);
}

int supervised_evaluate(struct trainer *t, struct evaluation *out, struct error *e)
{
    const struct dataset *v = t->valid;

    return infer_evaluate(t->engine, t->table, v->images, v->label, v->n, out, e);
}

const struct objective objective_supervised = {.name = "supervised",
                                               .copies = 1,
                                               .image = supervised_image,
                                               .label = supervised_label,
                                               .input = input,
                                               .loss = loss,
                                               .evaluate = supervised_evaluate};
