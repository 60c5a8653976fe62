#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/reduce/chi_square.h"

#include <math.h>

struct reference {
    double x;
    int df;
    double p;
};

/* gammainc(df / 2, x / 2, inf, regularized=True) of mpmath 1.3, to 18 digits. */
static const struct reference REFERENCES[] = {
    {0.001, 1, 0.974772879369960388},
    {1, 1, 0.317310507862914103},
    {25.1, 1, 5.44328581665020178e-7},
    {100, 1, 1.52397060483210521e-23},
    {1000, 1, 1.79583278480072619e-219},
    {0.001, 2, 0.999500124979169271},
    {1, 2, 0.606530659712633424},
    {25.1, 2, 3.54490215219015202e-6},
    {100, 2, 1.92874984796391778e-22},
    {1000, 2, 7.12457640674128553e-218},
    {0.001, 3, 0.999991592080941954},
    {1, 3, 0.801251956901200802},
    {25.1, 3, 0.0000147146980647802321},
    {100, 3, 1.55415943138960492e-21},
    {1000, 3, 1.79942087653144766e-216},
    {0.001, 4, 0.999999875041658855},
    {1, 4, 0.909795989568950135},
    {25.1, 4, 0.0000480334241621765624},
    {100, 4, 9.83662422461598069e-21},
    {1000, 4, 3.56941277977738405e-215},
    {0.001, 23, 1.0},
    {0.5, 23, 0.999999999999999308},
    {1, 23, 0.999999999998406113},
    {5, 23, 0.999971855601107838},
    {12.5, 23, 0.962013321293117046},
    {22.9, 23, 0.466623033511179052},
    {23, 23, 0.460770890552291829},
    {24.9, 23, 0.35546193470825294},
    {25.1, 23, 0.345149987554576084},
    {30, 23, 0.149401647696322854},
    {49.728, 23, 0.00100006998214308776},
    {58.9, 23, 0.0000550104375790956613},
    {59, 23, 0.0000532243716321127712},
    {61, 23, 0.0000273531477459757854},
    {61.1, 23, 0.0000264505202483287735},
    {77.93, 23, 6.84709223200937757e-8},
    {100, 23, 1.40787287127228632e-11},
    {250, 23, 4.93153666973420906e-40},
    {1000, 23, 1.33541590368206268e-196},
    {1400, 23, 6.28666599895072523e-282},
    {0.001, 24, 1.0},
    {1, 24, 0.99999999999967853},
    {25.1, 24, 0.400342820073389273},
    {100, 24, 3.00435368245506083e-11},
    {1000, 24, 8.91075757347352307e-196},
    {0.001, 59, 1.0},
    {0.5, 59, 1.0},
    {1, 59, 1.0},
    {5, 59, 1.0},
    {12.5, 59, 0.999999999984880616},
    {22.9, 59, 0.999993992981625046},
    {23, 59, 0.999993485974060359},
    {24.9, 59, 0.999972510380577123},
    {25.1, 59, 0.999968341208603352},
    {30, 59, 0.999397532711717598},
    {49.728, 59, 0.799717936696061703},
    {58.9, 59, 0.47917725447429333},
    {59, 59, 0.475511997295330113},
    {61, 59, 0.403876930584756145},
    {61.1, 59, 0.400398779250609878},
    {77.93, 59, 0.0500041361903294679},
    {100, 59, 0.000686973110853218009},
    {250, 59, 2.35910233887765186e-25},
    {1000, 59, 3.849187801041965e-171},
    {1400, 59, 7.65091737976050137e-254},
    {0.001, 60, 1.0},
    {1, 60, 1.0},
    {25.1, 60, 0.9999798181304687},
    {100, 60, 0.000916828861456079874},
    {1000, 60, 1.5930996276176763e-170},
    {0.001, 100, 1.0},
    {1, 100, 1.0},
    {25.1, 100, 0.99999999999999868},
    {100, 100, 0.481191684527956718},
    {1000, 100, 2.30607673803539802e-148},
    {0.001, 999, 1.0},
    {1, 999, 1.0},
    {25.1, 999, 1.0},
    {100, 999, 1.0},
    {1000, 999, 0.485131489274901474},
    {0.001, 1000, 1.0},
    {1, 1000, 1.0},
    {25.1, 1000, 1.0},
    {100, 1000, 1.0},
    {1000, 1000, 0.494052853829239642},
};

static void p_is_that_of_the_incomplete_gamma_function(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFERENCES / sizeof REFERENCES[0]; i++) {
        const struct reference *reference = &REFERENCES[i];
        double p = chi_square_p(reference->x, reference->df);
        assert_true(fabs(p / reference->p - 1) < 1e-12);
    }
}

/* Upper critical values as tables print them, to three decimals. */
static void p_is_that_of_published_tables(void **state)
{
    (void)state;
    static const struct reference TABLE[] = {
        {3.841, 1, 0.05},   {6.635, 1, 0.01},    {10.828, 1, 0.001},
        {5.991, 2, 0.05},   {9.210, 2, 0.01},    {13.816, 2, 0.001},
        {18.307, 10, 0.05}, {23.209, 10, 0.01},  {29.588, 10, 0.001},
        {35.172, 23, 0.05}, {41.638, 23, 0.01},  {49.728, 23, 0.001},
        {79.082, 60, 0.05}, {88.379, 60, 0.01},  {99.607, 60, 0.001},
        {124.342, 100, 0.05}, {135.807, 100, 0.01}, {149.449, 100, 0.001},
    };
    for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++) {
        assert_true(chi_square_p(TABLE[i].x - 0.0006L, TABLE[i].df) >
                    TABLE[i].p);
        assert_true(chi_square_p(TABLE[i].x + 0.0006L, TABLE[i].df) <
                    TABLE[i].p);
    }
}

/* Two degrees of freedom: Q = e^(-x/2). */
static void the_tail_of_two_degrees_is_exponential(void **state)
{
    (void)state;
    for (int i = 1; i < 1400; i++)
        assert_true(fabs(chi_square_p(i, 2) / (double)expl(-i / 2.0L) - 1) <
                    1e-14);
}

static void the_ends_are_one_and_zero(void **state)
{
    (void)state;
    for (int df = 1; df <= CHI_SQUARE_DF_MAX; df++) {
        assert_true(chi_square_p(0, df) == 1);
        assert_true(chi_square_p(1e6L, df) == 0);
        assert_true(chi_square_p(1e30L, df) == 0);
    }
}

/* Across the border between series and fraction, too. */
static void p_falls_as_x_grows(void **state)
{
    (void)state;
    static const int DEGREES[] = {1, 2, 23, 59, 1000};
    for (size_t i = 0; i < sizeof DEGREES / sizeof DEGREES[0]; i++) {
        double before = 1;
        for (int x = 1; x < 4000; x++) {
            double p = chi_square_p(x / 4.0L, DEGREES[i]);
            assert_true(p <= before && p >= 0);
            before = p;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_is_that_of_the_incomplete_gamma_function),
        cmocka_unit_test(p_is_that_of_published_tables),
        cmocka_unit_test(the_tail_of_two_degrees_is_exponential),
        cmocka_unit_test(the_ends_are_one_and_zero),
        cmocka_unit_test(p_falls_as_x_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
