/* The loader of training data, and the statistics that a model normalizes its images by. */
#include "fuzz.h"

#include "eval/dataset.h"

#include <math.h>

static struct file input;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = (char *)(uintptr_t)file_fill(&input, data, size);
    static float mean[LAYER_WIDTH_MAX], std[LAYER_WIDTH_MAX];
    struct dataset d;
    struct error e;

    if (dataset_read(&d, &path, 1, &e) < 0) {
        require_error(&e);
        return 0;
    }
    REQUIRE(d.n > 0 && d.image.h > 0 && d.image.w > 0 && d.image.c > 0);
    REQUIRE(dataset_stride(&d) == extent_size(d.image));
    REQUIRE(dataset_largest_label(&d) < NET_CLASSES_MAX);
    REQUIRE(dataset_largest_class(&d) < NET_CLASSES_MAX);
    for (uint64_t i = 0; d.soft && i < d.n * (uint64_t)d.classes; i++)
        REQUIRE(d.soft[i] >= 0 && d.soft[i] <= 1.01f);
    dataset_statistics(&d, mean, std);
    for (int k = 0; k < d.image.c; k++)
        REQUIRE(mean[k] >= 0 && mean[k] <= 1 && std[k] > 0 && std[k] <= 1);
    dataset_free(&d);
    return 0;
}
